package consumer

import (
	"errors"
	"fmt"

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
