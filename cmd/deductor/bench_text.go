package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"deductor/internal/bench"
	"deductor/internal/progress"
)

// benchText is the report for people.
func benchText(w io.Writer, r *bench.Report) error {
	fmt.Fprintf(w, "seed %d: %s commands, %s accounts, %d partitions, %d lanes, batches of at most %s\n", r.Seed,
		progress.Thousands(int64(r.Commands)), progress.Thousands(int64(r.Accounts)), r.Partitions, r.Lanes,
		progress.Thousands(int64(r.BatchMax)))
	fmt.Fprintf(w, "%s, %d CPUs, %s, Postgres %s, fsync %s, synchronous_commit %s\n\n", r.Machine.OS, r.Machine.CPUs,
		r.Machine.Go, r.Machine.Postgres["server_version"], r.Machine.Postgres["fsync"],
		r.Machine.Postgres["synchronous_commit"])
	for _, section := range []func(io.Writer, *bench.Report) error{
		benchThroughput, benchShapes, benchRatios, benchLatency, benchRebalance,
	} {
		if err := section(w, r); err != nil {
			return err
		}
	}
	return nil
}

var throughputHeader = []string{
	"PART", "PAYMENTS/S", "LEAST", "MOST", "WORKER CPU", "POSTGRES CPU", "KAFKA CPU", "WAL", "PEAK MEMORY", "ROWS/COMMIT",
}

func benchThroughput(w io.Writer, r *bench.Report) error {
	var rows [][]string
	for _, part := range []struct {
		name string
		*bench.Throughput
	}{
		{"floor", r.Floor}, {"end_to_end", r.EndToEnd}, {"replay", r.Replay}, {"batched", r.Batched}, {"naive", r.Naive},
	} {
		if part.Throughput != nil {
			rows = append(rows, throughputRow(part.name, part.Throughput))
		}
	}
	if rows == nil {
		return nil
	}
	if err := table(w, throughputHeader, rows); err != nil {
		return err
	}
	fmt.Fprintln(w, "CPU in µs a payment, WAL in bytes a payment, peak memory in MB")
	return nil
}

func throughputRow(name string, t *bench.Throughput) []string {
	return []string{
		name, rate(t.PaymentsPerSecond), rate(t.Least), rate(t.Most),
		figure(t.WorkerCPU, 1, 2), figure(t.PostgresCPU, 1, 2), figure(t.KafkaCPU, 1, 2),
		figure(t.WALBytesPayment, 1, 0), figure(t.PeakMemory, 1e-6, 1), figure(t.RowsPerCommit, 1, 1),
	}
}

func rate(perSecond float64) string { return progress.Thousands(int64(perSecond + 0.5)) }

// figure is empty for what is not known.
func figure(value *float64, scale float64, digits int) string {
	if value == nil {
		return ""
	}
	return fmt.Sprintf("%.*f", digits, *value*scale)
}

func benchShapes(w io.Writer, r *bench.Report) error {
	if len(r.Shapes) == 0 {
		return nil
	}
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(r.Shapes)) {
		rows = append(rows, throughputRow(name, r.Shapes[name]))
	}
	fmt.Fprintln(w)
	return table(w, append([]string{"SHAPE"}, throughputHeader[1:]...), rows)
}

func benchRatios(w io.Writer, r *bench.Report) error {
	if len(r.Ratios) == 0 {
		return nil
	}
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(r.Ratios)) {
		rows = append(rows, []string{strings.ReplaceAll(name, "/", " / "), fmt.Sprintf("%.2f", r.Ratios[name])})
	}
	fmt.Fprintln(w)
	return table(w, []string{"RATIO", ""}, rows)
}

func benchLatency(w io.Writer, r *bench.Report) error {
	if r.Latency == nil {
		return nil
	}
	var rows [][]string
	for _, at := range r.Latency.Rates {
		for _, from := range []struct {
			name string
			bench.Percentiles
		}{{"acknowledged", at.Acknowledged}, {"scheduled", at.Scheduled}} {
			rows = append(rows, []string{
				rate(at.PerSecond), from.name,
				milliseconds(from.P50), milliseconds(from.P99), milliseconds(from.P999), milliseconds(from.Max),
			})
		}
	}
	fmt.Fprintln(w)
	return table(w, []string{"COMMANDS/S", "COMMITTED SINCE", "P50 MS", "P99 MS", "P99.9 MS", "MAX MS"}, rows)
}

func milliseconds(seconds float64) string { return fmt.Sprintf("%.1f", seconds*1e3) }

func benchRebalance(w io.Writer, r *bench.Report) error {
	if r.Rebalance == nil {
		return nil
	}
	b := r.Rebalance
	fmt.Fprintln(w)
	return table(w, []string{"WORKERS COME AND GO", "SECONDS"}, [][]string{
		{"start to first debit", seconds(b.StartToFirstDebit)},
		{"pause when one joins, longest of a partition", seconds(b.Join.Partition)},
		{"pause when one joins, of all", seconds(b.Join.Overall)},
		{"pause when one leaves, longest of a partition", seconds(b.Leave.Partition)},
		{"pause when one leaves, of all", seconds(b.Leave.Overall)},
	})
}

func seconds(s float64) string { return fmt.Sprintf("%.3f", s) }
