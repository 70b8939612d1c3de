package bench

// Report is what was measured. Its JSON is a contract with scripts: a null is
// what was not measured, or is not known.
type Report struct {
	Seed       uint64 `json:"seed"`
	Commands   int    `json:"commands"`
	Accounts   int    `json:"accounts"`
	Partitions int    `json:"partitions"`
	Lanes      int    `json:"lanes"`
	BatchMax   int    `json:"batch_max"`

	Floor     *Throughput `json:"floor"`
	EndToEnd  *Throughput `json:"end_to_end"`
	Replay    *Throughput `json:"replay"`
	Batched   *Throughput `json:"batched"`
	Naive     *Throughput `json:"naive"`
	Latency   *Latencies  `json:"latency"`
	Rebalance *Rebalance  `json:"rebalance"`
	// Shapes are by name; each ratio is to the shape baseline.
	Shapes map[string]*Throughput `json:"shapes"`
	// Ratios are of medians, such as end_to_end/floor.
	Ratios  map[string]float64 `json:"ratios"`
	Machine Machine            `json:"machine"`
}

// Throughput is one part, over all its runs. Costs are the medians of the runs'.
type Throughput struct {
	// PaymentsPerSecond is the median, Least and Most the extremes.
	PaymentsPerSecond float64 `json:"payments_per_second"`
	Least             float64 `json:"least"`
	Most              float64 `json:"most"`
	Cost
	Runs []Sample `json:"runs"`
}

// Sample is one measurement.
type Sample struct {
	Payments          int     `json:"payments"`
	Seconds           float64 `json:"seconds"`
	PaymentsPerSecond float64 `json:"payments_per_second"`
	Cost
}

// Cost is what payments took. Null is what is not known.
type Cost struct {
	// WorkerCPU, PostgresCPU and KafkaCPU are seconds for a million payments.
	WorkerCPU   *float64 `json:"worker_cpu_seconds_per_million"`
	PostgresCPU *float64 `json:"postgres_cpu_seconds_per_million"`
	KafkaCPU    *float64 `json:"kafka_cpu_seconds_per_million"`
	// WALBytesPayment is how much of its log Postgres wrote for a payment.
	WALBytesPayment *float64 `json:"wal_bytes_per_payment"`
	// PeakMemory is the most that a worker had resident.
	PeakMemory *float64 `json:"peak_memory_bytes"`
	// RowsPerCommit is how many orders a transaction wrote, on average.
	RowsPerCommit *float64 `json:"rows_per_commit"`
}

// newRun is a measurement of so many payments.
func newRun(payments int, seconds float64, cost Cost) Sample {
	return Sample{Payments: payments, Seconds: seconds, PaymentsPerSecond: float64(payments) / seconds, Cost: cost}
}

// summarize returns nil for no runs.
func summarize(runs []Sample) *Throughput {
	if len(runs) == 0 {
		return nil
	}
	rates := each(runs, func(r *Sample) float64 { return r.PaymentsPerSecond })
	t := &Throughput{PaymentsPerSecond: median(rates), Least: rates[0], Most: rates[0], Runs: runs}
	for _, rate := range rates {
		t.Least, t.Most = min(t.Least, rate), max(t.Most, rate)
	}
	t.Cost = Cost{
		WorkerCPU:       medianKnown(each(runs, func(r *Sample) *float64 { return r.WorkerCPU })),
		PostgresCPU:     medianKnown(each(runs, func(r *Sample) *float64 { return r.PostgresCPU })),
		KafkaCPU:        medianKnown(each(runs, func(r *Sample) *float64 { return r.KafkaCPU })),
		WALBytesPayment: medianKnown(each(runs, func(r *Sample) *float64 { return r.WALBytesPayment })),
		PeakMemory:      medianKnown(each(runs, func(r *Sample) *float64 { return r.PeakMemory })),
		RowsPerCommit:   medianKnown(each(runs, func(r *Sample) *float64 { return r.RowsPerCommit })),
	}
	return t
}

func each[R, T any](runs []R, of func(*R) T) []T {
	values := make([]T, len(runs))
	for i := range runs {
		values[i] = of(&runs[i])
	}
	return values
}
