package settle

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/command"
	"deductor/dedupe"
	"deductor/ledger"
)

// Forecaster says what would become of records if they were read now, by the very
// decisions of a [Settler], and writes nothing. What it said of one batch counts
// for the next: an order that would be debited is a duplicate from then on, and
// its money is gone. Several goroutines may use it, each with a connection.
//
// It keeps in memory what would be new, some 150 bytes an order. It does not know
// of quarantine.
type Forecaster struct {
	mu      sync.Mutex
	decided map[string][]decision
	moves   ledger.Moves
}

// decision is what [dedupe.Register.Decide] needs of a record.
type decision struct {
	fingerprint dedupe.Fingerprint
	attempt     int32
	outcome     dedupe.Outcome
}

// NewForecaster returns one that has said nothing yet.
func NewForecaster() *Forecaster {
	return &Forecaster{decided: make(map[string][]decision), moves: make(ledger.Moves)}
}

// Forecast is what would become of records: how many of them what.
type Forecast struct {
	// Records is the sum of the others.
	Records int64
	// AlreadyApplied and AlreadyDeclined have an answer that stands.
	AlreadyApplied, AlreadyDeclined int64
	// AlreadySetAside are dead letters.
	AlreadySetAside int64
	// Applied would be debited, Declined would be declined.
	Applied, Declined int64
	// Conflicts, TooOld and Malformed (and what else can't be applied) would
	// become dead letters.
	Conflicts, TooOld, Malformed int64
	// Money is what would be debited, by currency, in minor units.
	Money map[string]int64
}

// Add adds the other's counts.
func (f *Forecast) Add(other *Forecast) {
	f.Records += other.Records
	f.AlreadyApplied += other.AlreadyApplied
	f.AlreadyDeclined += other.AlreadyDeclined
	f.AlreadySetAside += other.AlreadySetAside
	f.Applied += other.Applied
	f.Declined += other.Declined
	f.Conflicts += other.Conflicts
	f.TooOld += other.TooOld
	f.Malformed += other.Malformed
	if f.Money == nil {
		f.Money = make(map[string]int64, len(other.Money))
	}
	for currency, amount := range other.Money {
		f.Money[currency] += amount
	}
}

// Forecast says what would become of a slice's records. It reads in a
// transaction of its own, REPEATABLE READ and READ ONLY.
func (f *Forecaster) Forecast(ctx context.Context, conn *pgx.Conn, slice Slice) (Forecast, error) {
	batch := append([]Slice(nil), slice)
	seen := &unwritten{reading: newReading(batch, false)}
	t := newTransaction(batch, task{admit: func([]Slice) admission { return seen }}, ledger.Unposted())
	err := inReading(ctx, conn, func(first *pgx.Batch) {
		seen.queue(first)
		t.register.QueueFind(first, t.orderIDs())
	}, func() error {
		if err := t.register.FindEarlier(ctx, conn); err != nil {
			return err
		}
		return t.readAccounts(ctx, conn)
	})
	if err != nil {
		return Forecast{}, fmt.Errorf("forecast %s[%d]: %w", slice.Key.Topic, slice.Key.Partition, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.recall(t)
	f.moves.Carry(t.book)
	if err := t.decide(); err != nil {
		return Forecast{}, err
	}
	f.moves.Add(t.book)
	return f.tally(t), nil
}

// inReading runs a transaction that reads as of one moment: the first statements
// with BEGIN in one round trip, then the rest.
func inReading(ctx context.Context, conn *pgx.Conn, queue func(*pgx.Batch), rest func() error) (err error) {
	batch := &pgx.Batch{}
	batch.Queue(beginReadingSQL)
	batch.Queue(limitsSQL, Limits{}.WithDefaults().arguments()...)
	queue(batch)
	err = conn.SendBatch(ctx, batch).Close()
	if err == nil {
		err = rest()
	}
	if _, rollbackErr := conn.Exec(ctx, "ROLLBACK"); err == nil {
		err = rollbackErr
	}
	return err
}

// recall notes in the register what was decided before, but for what somebody has
// stored meanwhile.
func (f *Forecaster) recall(t *transaction) {
	for _, id := range t.orderIDs() {
		for _, d := range f.decided[id] {
			if verdict, _ := t.register.Decide(id, d.attempt, d.fingerprint); verdict == dedupe.New || verdict == dedupe.Retry {
				t.register.Record(dedupe.Record{
					OrderID: id, Attempt: d.attempt, Fingerprint: d.fingerprint, Outcome: d.outcome})
			}
		}
	}
}

// tally counts what the records became, and keeps what was decided.
func (f *Forecaster) tally(t *transaction) Forecast {
	n := Forecast{Records: int64(len(t.became)), Money: make(map[string]int64)}
	letters := 0
	for i, kind := range t.became {
		item := &t.batch[0].Items[i]
		cmd := &item.Command
		switch kind {
		case Applied:
			n.Applied++
			n.Money[cmd.Currency] += cmd.Amount
			f.keep(cmd, dedupe.Applied)
		case Declined:
			n.Declined++
			f.keep(cmd, dedupe.Declined)
		case Duplicate:
			if _, stored := t.register.Decide(cmd.OrderID, cmd.Attempt, fingerprintOf(cmd)); stored.Outcome == dedupe.Declined {
				n.AlreadyDeclined++
			} else {
				n.AlreadyApplied++
			}
		default:
			if letters == len(t.deadLetters) || t.deadLetters[letters].record != item.Record {
				n.AlreadySetAside++
				continue
			}
			n.letter(t.deadLetters[letters].rejection)
			letters++
		}
	}
	return n
}

// letter counts a record that would be set aside. A conflict's rejection is made
// when it is written.
func (f *Forecast) letter(rejection *command.Rejection) {
	switch {
	case rejection == nil:
		f.Conflicts++
	case rejection.Reason == command.ReasonTooOld:
		f.TooOld++
	default:
		f.Malformed++
	}
}

func (f *Forecaster) keep(cmd *command.Command, outcome dedupe.Outcome) {
	id := strings.Clone(cmd.OrderID) // a plan outlives the block that the id came in
	f.decided[id] = append(f.decided[id], decision{fingerprintOf(cmd), cmd.Attempt, outcome})
}

// unwritten admits records that are only looked at: no partition is anybody's.
type unwritten struct{ *reading }

func (u *unwritten) queue(batch *pgx.Batch) { u.queueFindDeadLetters(batch) }

func (u *unwritten) check(context.Context, *pgx.Conn) error { return nil }

func (u *unwritten) finish(*pgx.Batch, *transaction) {}
