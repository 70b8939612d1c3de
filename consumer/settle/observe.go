package settle

import (
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"deductor/consumer/command"
)

// Observer is told what becomes of transactions, for metrics and traces. Its
// methods are called on the settler's goroutine, which waits for them.
type Observer interface {
	// Committed is told about each transaction that was committed.
	Committed(report *Report)
	// Retried is told why a batch is run again: an SQLSTATE, or [NoState].
	Retried(state string)
	// CommitUnknown is told that the connection was lost after COMMIT had been
	// sent and before it was answered. What was committed is found by the next try.
	CommitUnknown()
}

// NoState stands for the SQLSTATE of an error that is none of Postgres':
// it can't be reached, or the connection was lost.
const NoState = "connection"

// Report is what a committed transaction came to. Its batch is good during the call:
// who settles may use its memory again.
type Report struct {
	// Batch is its records, Became what each of them became, slice by slice.
	Batch  []Slice
	Became []Kind
	// Counts sums Became up. Records that were dead letters before are among the
	// DeadLettered, as they are in Became.
	Counts Counts
	// Declined and SetAside count what was decided now, by the reason.
	Declined map[string]int64
	SetAside map[command.Reason]int64
	// Began is when the transaction began, Phases how long each phase took.
	Began  time.Time
	Phases [phases]time.Duration
}

// Phase is a part of a transaction.
type Phase int

// The phases, in their order.
const (
	// Reading is the first round trip: BEGIN, the fence, accounts, earlier answers.
	Reading Phase = iota
	// Deciding is what is done between the round trips.
	Deciding
	// Writing is what follows: rows, balances, and COMMIT.
	Writing
	phases
)

// String returns the phase's name as users see it.
func (p Phase) String() string { return [...]string{"read", "decide", "write"}[p] }

// stopwatch takes the times of a transaction's phases.
type stopwatch struct {
	began, last time.Time
	took        [phases]time.Duration
}

func (s *stopwatch) start() {
	s.began = time.Now()
	s.last = s.began
}

// lap ends a phase.
func (s *stopwatch) lap(phase Phase) {
	now := time.Now()
	s.took[phase], s.last = now.Sub(s.last), now
}

func (t *transaction) report() *Report {
	report := &Report{
		Batch: t.batch, Became: t.became, Counts: t.counts, Declined: t.declined,
		Began: t.watch.began, Phases: t.watch.took,
	}
	if len(t.deadLetters) > 0 {
		report.SetAside = make(map[command.Reason]int64)
	}
	for i := range t.deadLetters {
		report.SetAside[t.deadLetters[i].rejection.Reason]++
	}
	return report
}

// declines counts a decline.
func (t *transaction) declines(reason string) {
	if t.declined == nil {
		t.declined = make(map[string]int64)
	}
	t.declined[reason]++
	t.count(Declined)
}

// StateOf returns the SQLSTATE of an error, or [NoState].
func StateOf(err error) string {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return pgErr.Code
	}
	return NoState
}

// unobserved is the Observer of those who have none.
type unobserved struct{}

func (unobserved) Committed(*Report) {}
func (unobserved) Retried(string)    {}
func (unobserved) CommitUnknown()    {}
