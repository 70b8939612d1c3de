package consumer

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
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
	state := w.State()
	group := Check{Name: "consumer group", Note: fmt.Sprintf("member of %s, %d partitions of %s",
		w.config.Group, len(state.Partitions), w.config.Topic)}
	if !state.Member {
		group.Err = errNoMember
	}
	checks := []Check{group, {Name: "kafka and database", Err: w.health.err(), Note: w.servers()}}
	if err := w.fetcher.Healthy(); err != nil {
		checks = append(checks, Check{Name: "fetching", Err: err})
	}
	for i := range state.Partitions {
		checks = append(checks, state.Partitions[i].check())
	}
	return checks
}

// servers says where the worker works, without a secret.
func (w *Worker) servers() string {
	database := w.config.Database.Config().ConnConfig
	return fmt.Sprintf("brokers %s; database %s of %s at %s:%d, %d lanes", strings.Join(w.config.Brokers, ","),
		database.Database, database.User, database.Host, database.Port, len(w.lanes.all))
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

func (p *PartitionState) check() Check {
	check := Check{Name: fmt.Sprintf("partition %d", p.Partition)}
	switch {
	case p.Halt != nil:
		check.Note = "halted: " + p.Halt.Error()
	case p.Reading:
		check.Note = "reading"
	default:
		check.Note = "being acquired"
	}
	check.Note += fmt.Sprintf("; settled below offset %s, committed %s, log end %s, lag %s",
		known(p.Position), known(p.Committed), known(p.End), known(p.Lag))
	if p.Lag > 0 {
		check.Note += fmt.Sprintf(" (the oldest is %v old, nothing settled for %v)",
			p.Behind.Round(time.Millisecond), p.Stalled.Round(time.Millisecond))
	}
	return check
}

// known is an offset, or that it is not known.
func known(offset int64) string {
	if offset < 0 {
		return "unknown"
	}
	return strconv.FormatInt(offset, 10)
}
