package consumer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deductor/consumer/settle"
)

// Check is one thing that a worker is ready or not ready for.
type Check struct {
	// Name says what was looked at.
	Name string
	// Err is nil when it is well.
	Err error
	// Note is what an operator should know although the worker is ready.
	Note string
}

var errNoMember = errors.New("not yet a member of the consumer group")

// Checks says what a worker is doing, for its readiness: it is ready when no
// check has an error. A halted partition is a note: its neighbours go on.
func (w *Worker) Checks() []Check {
	w.mu.Lock()
	defer w.mu.Unlock()
	group := Check{Name: "consumer group"}
	if !w.member {
		group.Err = errNoMember
	}
	checks := []Check{group, {Name: "kafka and database", Err: w.health.err()}}
	if err := w.fetcher.Healthy(); err != nil {
		checks = append(checks, Check{Name: "fetching", Err: err})
	}
	for _, p := range w.partitions {
		checks = append(checks, p.check())
	}
	return checks
}

// Ready returns nil when the worker is a member of its group and reaches Kafka
// and the database, and no partition is stuck; what is missing otherwise.
func (w *Worker) Ready() error {
	var errs []error
	for _, check := range w.Checks() {
		errs = append(errs, check.Err)
	}
	return errors.Join(errs...)
}

// Counts returns how many records became what since the worker began. What was
// settled again, because it was not known whether it had been committed, counts
// as duplicates.
func (w *Worker) Counts() settle.Counts {
	var counts settle.Counts
	for kind := range counts {
		counts[kind] = w.counts[kind].Load()
	}
	return counts
}

func (p *partition) check() Check {
	p.mu.Lock()
	defer p.mu.Unlock()
	check := Check{Name: fmt.Sprintf("partition %d", p.key.Partition)}
	switch {
	case p.halt != nil:
		check.Note = "halted: " + p.halt.Error()
	case p.running:
		check.Note = fmt.Sprintf("settled below offset %d", p.next)
	default:
		check.Note = "being acquired"
	}
	return check
}

// watch tells about partitions that have records to read and don't get on.
func (w *Worker) watch(ctx context.Context) {
	for ctx.Err() == nil {
		wait(ctx, min(w.config.StallTimeout/4, 5*time.Second))
		ends := make(map[int32]int64)
		for _, stats := range w.fetcher.Stats() {
			ends[stats.Partition] = stats.LastStable
		}
		w.mu.Lock()
		stalled := w.stalled(ends)
		w.mu.Unlock()
		w.health.set("progress", stalled)
	}
}

func (w *Worker) stalled(ends map[int32]int64) error {
	var errs []error
	for _, p := range w.partitions {
		errs = append(errs, p.stalled(ends[p.key.Partition], w.config.StallTimeout))
	}
	return errors.Join(errs...)
}

func (p *partition) stalled(end int64, timeout time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	still := time.Since(p.progress)
	if !p.running || p.next >= end || still < timeout {
		return nil
	}
	return fmt.Errorf("partition %d stands at offset %d for %v, %d before the end",
		p.key.Partition, p.next, still.Round(time.Second), end-p.next)
}
