package metrics

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"deductor/consumer"
	"deductor/consumer/command"
	"deductor/consumer/intake"
	"deductor/consumer/settle"
	"deductor/ledger"
)

// events counts what a worker does ([consumer.Observer]).
type events struct {
	commands, retries, rewinds, halts *prometheus.CounterVec
	unknown, rebalances               prometheus.Counter
	latency, size, wait               prometheus.Observer
	phases                            map[settle.Phase]prometheus.Observer
	all                               []prometheus.Collector
}

var _ consumer.Observer = (*events)(nil)

func newEvents() *events {
	e := &events{
		commands: commandsTotal.newCounter(),
		retries:  retriesTotal.newCounter(),
		rewinds:  rewindsTotal.newCounter(),
		halts:    haltsTotal.newCounter(),
	}
	unknown, rebalances := unknownTotal.newCounter(), rebalancesTotal.newCounter()
	e.unknown, e.rebalances = unknown.WithLabelValues(), rebalances.WithLabelValues()
	latencies := latency.newHistogram(.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)
	sizes := batchCommands.newHistogram(1, 5, 10, 50, 100, 250, 500, 1000, 2500, 5000, 10000)
	phases := batchPhase.newHistogram(.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30)
	e.latency, e.size, e.wait = latencies.WithLabelValues(), sizes.WithLabelValues(), phases.WithLabelValues("wait")
	e.phases = make(map[settle.Phase]prometheus.Observer)
	for _, phase := range []settle.Phase{settle.Reading, settle.Deciding, settle.Writing} {
		e.phases[phase] = phases.WithLabelValues(phase.String())
	}
	e.all = []prometheus.Collector{
		e.commands, e.retries, e.rewinds, e.halts, unknown, rebalances, latencies, sizes, phases}
	e.begin()
	return e
}

// begin makes what may happen 0, so that its first time is seen as a rise.
func (e *events) begin() {
	e.commands.WithLabelValues("applied", "")
	e.commands.WithLabelValues("duplicate", "")
	for _, reason := range declines {
		e.commands.WithLabelValues("declined", string(reason))
	}
	for _, reason := range command.Reasons() {
		e.commands.WithLabelValues("dead_letter", string(reason))
	}
	for _, state := range []string{settle.NoState, "40001", "40P01", "55P03", "23505", "P0004"} {
		e.retries.WithLabelValues(state)
	}
	for _, reason := range haltReasons {
		e.halts.WithLabelValues(reason)
	}
}

var declines = []ledger.Decline{
	ledger.AccountNotFound, ledger.AccountClosed, ledger.CurrencyMismatch, ledger.InsufficientFunds,
}

// haltReasons are settle's, and intake's codes.
var haltReasons = []string{
	settle.HaltWatermarkMissing, settle.HaltRetentionGap, settle.HaltBeyondLogEnd, settle.HaltTopicRecreated,
	(*intake.GapError)(nil).Code(), (*intake.CorruptError)(nil).Code(), (*intake.BatchTooLargeError)(nil).Code(),
	(*intake.TruncatedError)(nil).Code(),
}

// Committed implements [settle.Observer].
func (e *events) Committed(report *settle.Report) {
	e.count(report)
	for phase, took := range report.Phases {
		e.phases[settle.Phase(phase)].Observe(took.Seconds())
	}
	now, i := time.Now(), 0
	for _, slice := range report.Batch {
		for j := range slice.Items {
			if kind := report.Became[i]; kind == settle.Applied || kind == settle.Declined {
				e.observeLatency(now, slice.Items[j].Record.Timestamp)
			}
			i++
		}
	}
	e.size.Observe(float64(i))
}

// observeLatency leaves records out that have no timestamp. A producer's clock
// may be ahead.
func (e *events) observeLatency(now, produced time.Time) {
	if produced.UnixMilli() > 0 {
		e.latency.Observe(max(0, now.Sub(produced).Seconds()))
	}
}

func (e *events) count(report *settle.Report) {
	e.commands.WithLabelValues("applied", "").Add(float64(report.Counts[settle.Applied]))
	again := report.Counts[settle.Duplicate] + report.Counts[settle.DeadLettered]
	for reason, n := range report.Declined {
		e.commands.WithLabelValues("declined", reason).Add(float64(n))
	}
	for reason, n := range report.SetAside {
		e.commands.WithLabelValues("dead_letter", string(reason)).Add(float64(n))
		again -= n
	}
	e.commands.WithLabelValues("duplicate", "").Add(float64(again))
}

// Retried implements [settle.Observer].
func (e *events) Retried(state string) { e.retries.WithLabelValues(state).Inc() }

// CommitUnknown implements [settle.Observer].
func (e *events) CommitUnknown() { e.unknown.Inc() }

// Waited implements [consumer.Observer].
func (e *events) Waited(d time.Duration) { e.wait.Observe(d.Seconds()) }

// Rewound implements [consumer.Observer].
func (e *events) Rewound(partition int32) { e.rewoundOf(partition).Inc() }

func (e *events) rewoundOf(partition int32) prometheus.Counter {
	return e.rewinds.WithLabelValues(strconv.Itoa(int(partition)))
}

// Halted implements [consumer.Observer].
func (e *events) Halted(_ int32, reason string) { e.halts.WithLabelValues(reason).Inc() }

// Rebalanced implements [consumer.Observer].
func (e *events) Rebalanced() { e.rebalances.Inc() }
