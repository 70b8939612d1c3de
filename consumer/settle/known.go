package settle

import (
	"context"

	"github.com/jackc/pgx/v5"

	"deductor/dedupe"
	"deductor/ledger"
)

// queueAccounts queues what is to be known of accounts, unless it comes later
// ([transaction.readAccounts]).
func (t *transaction) queueAccounts(batch *pgx.Batch) error {
	switch {
	case t.locks:
		return t.book.QueueLock(batch, t.payments)
	case t.expects == manyKnown, t.expects == allKnown:
		return nil
	case t.guesses != nil:
		return t.book.QueueGuess(batch, t.payments, t.guesses)
	default:
		return t.book.QueueRead(batch, t.payments)
	}
}

// queueOrders queues what is to be known of orders; where all are expected to be known
// already, [transaction.findOthers] follows.
func (t *transaction) queueOrders(batch *pgx.Batch) {
	switch t.expects {
	case allNew:
		t.register.QueueAssumeNew(batch, len(t.payments))
	case allKnown:
		requests := make([]dedupe.Request, len(t.payments))
		for place := range requests {
			requests[place] = dedupe.Request{OrderID: t.payments[place].Reference, Fingerprint: t.prints[place]}
		}
		t.register.QueueMatch(batch, requests)
	default:
		t.register.QueueFind(batch, t.orderIDs())
	}
}

// readRest reads what the first round trip left out, by what was expected.
func (t *transaction) readRest(ctx context.Context, conn *pgx.Conn) error {
	if t.expects == allKnown {
		if err := t.findOthers(ctx, conn); err != nil {
			return err
		}
	}
	if err := t.register.FindEarlier(ctx, conn); err != nil {
		return err
	}
	if t.expects == manyKnown || t.expects == allKnown {
		return t.readAccounts(ctx, conn)
	}
	return nil
}

// findOthers looks the orders up that are not stored as they were expected to be.
func (t *transaction) findOthers(ctx context.Context, conn *pgx.Conn) error {
	others := t.orderIDs()
	if len(others) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	t.register.QueueFind(batch, others)
	return conn.SendBatch(ctx, batch).Close()
}

// readAccounts reads those of commands whose orders have no answer yet.
func (t *transaction) readAccounts(ctx context.Context, conn *pgx.Conn) error {
	var undecided []ledger.Payment
	for place := range t.payments {
		if verdict, _ := t.verdict(place); verdict == dedupe.New || verdict == dedupe.Retry {
			undecided = append(undecided, t.payments[place])
		}
	}
	if len(undecided) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	if err := t.book.QueueRead(batch, undecided); err != nil {
		return err
	}
	return conn.SendBatch(ctx, batch).Close()
}

// verdict says what to do with the command at that place, and gives the record that is in
// its way when it is in conflict.
func (t *transaction) verdict(place int) (dedupe.Verdict, *dedupe.Record) {
	if t.register.Matched(place) {
		return dedupe.Duplicate, nil
	}
	cmd := t.commands[place]
	return t.register.Decide(cmd.OrderID, cmd.Attempt, t.prints[place])
}

// orderIDs are those of the commands that did not match what is stored.
func (t *transaction) orderIDs() []string {
	ids := make([]string, 0, len(t.payments))
	for place := range t.payments {
		if !t.register.Matched(place) {
			ids = append(ids, t.payments[place].Reference)
		}
	}
	return ids
}
