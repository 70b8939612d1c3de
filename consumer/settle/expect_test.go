package settle_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
	"deductor/dedupe"
	"deductor/ledger"
)

// expecting is a settler whose batches are large from so many records on. Of each batch, looks counts
// how often orders were looked up, copies how often new ones were sent, reads how often
// customers' accounts were read, matches how often orders were compared.
type expecting struct {
	*settle.Settler
	told                          notes
	looks, copies, reads, matches int
	// before is called when new orders are about to be sent, nil for nothing.
	before func()
}

func (b *bench) expecting(t *testing.T, many int, quarantine bool) *expecting {
	e := &expecting{}
	config := b.untroubled()
	config.Many, config.Quarantine, config.Observer, config.Accounts = many, quarantine, &e.told, ledger.NewCache()
	config.Connect = b.connectWatched(func(m message) verdict {
		switch {
		case m.fromServer:
		case m.kind == 'Q' && m.holds("COPY processed"):
			if e.copies++; e.before != nil {
				e.before()
				e.before = nil
			}
		case m.kind == 'B' && m.holds("p.outcome = 1 AND p.attempt = 1"):
			e.matches++
		case m.kind == 'B' && m.holds("FROM processed p"):
			e.looks++
		case m.kind == 'B' && m.holds("a.kind = 'customer'"):
			e.reads++
		}
		return pass
	})
	e.Settler = closing(t, config)
	return e
}

// wantTries compares what the last batch took, and begins to count anew.
func (e *expecting) wantTries(t *testing.T, looks, copies int, retried string) {
	t.Helper()
	if got := fmt.Sprint(e.told.retried); e.looks != looks || e.copies != copies || got != retried {
		t.Errorf("orders were looked up %d times and sent %d times, retried for %s; want %d, %d and %s",
			e.looks, e.copies, got, looks, copies, retried)
	}
	e.looks, e.copies, e.told.retried = 0, 0, nil
}

// Promise 1: orders that are taken for new and are known are answered as they were.
func TestPromise1_OrdersTakenForNewAreNotPaidAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 1000))
	f, g := b.acquire(0), b.acquire(1)
	b.settle(f.next(pay("paid", "alice", 1), pay("declined", "nobody", 1)))
	e := b.expecting(t, 1, false)
	counts := b.settleBy(e.Settler, g.next(pay("new", "alice", 10), pay("new-declined", "nobody", 1),
		pay("new", "alice", 10)))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 1, settle.Declined: 1, settle.Duplicate: 1})
	e.wantTries(t, 0, 1, "[]")
	// That batch had a duplicate: the next ones are looked up, until 16 had none.
	for i := range 16 {
		b.settleBy(e.Settler, g.next(pay(fmt.Sprintf("again-%d", i), "alice", 1)))
		e.wantTries(t, 1, 1, "[]")
	}
	counts = b.settleBy(e.Settler, g.next(pay("newer", "alice", 1), pay("paid", "alice", 1),
		pay("paid", "alice", 2), pay("declined", "alice", 3, attempt(2)), pay("declined", "nobody", 1)))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 2, settle.Duplicate: 2, settle.DeadLettered: 1})
	e.wantTries(t, 1, 2, "[23505]")
	b.settleBy(e.Settler, g.slice(0, g.end())) // all of it once more
	e.wantTries(t, 1, 0, "[]")
	for id, want := range map[string]int{"paid": 1, "new": 1, "newer": 1, "declined": 1, "new-declined": 0} {
		b.wantTransfers(id, want)
	}
	b.wantBalances(map[string]int64{"alice": 1000 - 1 - 10 - 16 - 1 - 3})
	b.wantDeadLetters("1@21 order_conflict paid")
	b.audit()
}

// Where many are known, accounts are read for those that are to be decided: also when all are known.
func TestAccountsAreReadForRetriedOrders(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 1000))
	f := b.acquire(0)
	e := b.expecting(t, 1, false)
	b.settleBy(e.Settler, f.next(pay("paid", "alice", 1), pay("declined", "alice", 5000), pay("paid", "alice", 1)))
	e.reads = 0
	counts := b.settleBy(e.Settler, f.next(pay("paid", "alice", 1), pay("paid", "alice", 1)))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Duplicate: 2})
	counts = b.settleBy(e.Settler, f.next(pay("paid", "alice", 1), pay("declined", "alice", 5000)))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Duplicate: 2})
	e.wantReads(t, 0)
	counts = b.settleBy(e.Settler, f.next(pay("paid", "alice", 1), pay("declined", "alice", 10, attempt(2))))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Duplicate: 1, settle.Applied: 1})
	counts = b.settleBy(e.Settler, f.next(pay("paid", "alice", 1), pay("new", "alice", 10)))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Duplicate: 1, settle.Applied: 1})
	e.wantReads(t, 2)
	b.wantBalances(map[string]int64{"alice": 1000 - 1 - 10 - 10})
}

// Promise 1: orders that are taken for known are compared, and looked up where they differ.
func TestPromise1_OrdersTakenForKnown(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 1000))
	f := b.acquire(0)
	e := b.expecting(t, 1, false)
	paid := pay("paid", "alice", 1)
	b.settleBy(e.Settler, f.next(paid, pay("declined", "alice", 5000), pay("retried", "alice", 5000)))
	b.settleBy(e.Settler, f.next(pay("retried", "alice", 5, attempt(2))))
	wantMatches := func(want, looks int) {
		t.Helper()
		if e.matches != want || e.looks != looks {
			t.Errorf("orders were compared %d times and looked up %d times, want %d and %d", e.matches, e.looks, want, looks)
		}
		e.matches, e.looks, e.reads = 0, 0, 0
	}
	wantMatches(0, 1)
	b.settleBy(e.Settler, f.next(paid))
	wantMatches(0, 1)
	b.settleBy(e.Settler, f.next(marker)) // no record, nothing to learn
	wantMatches(0, 0)
	counts := b.settleBy(e.Settler, f.next(paid, paid))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Duplicate: 2})
	e.wantReads(t, 0)
	wantMatches(1, 0)
	// Answers to others than a first attempt that was applied have to be looked up, their accounts not.
	counts = b.settleBy(e.Settler, f.next(paid, pay("declined", "alice", 5000), pay("retried", "alice", 5000),
		pay("retried", "alice", 5, attempt(2))))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Duplicate: 4})
	e.wantReads(t, 0)
	wantMatches(1, 1)
	counts = b.settleBy(e.Settler, f.next(paid, pay("paid", "alice", 2), pay("new", "alice", 10), pay("new", "alice", 10),
		pay("retried", "alice", 5), paid))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Duplicate: 3, settle.Applied: 1, settle.DeadLettered: 2})
	e.wantReads(t, 1)
	wantMatches(1, 1)
	b.settleBy(e.Settler, f.next(marker))
	b.settleBy(e.Settler, f.next(paid))
	wantMatches(0, 1) // the last batch with records was not all known
	for id, want := range map[string]int{"paid": 1, "declined": 0, "retried": 1, "new": 1} {
		b.wantTransfers(id, want)
	}
	b.wantBalances(map[string]int64{"alice": 1000 - 1 - 5 - 10})
	b.wantDeadLetters("0@13 order_conflict paid", "0@16 order_conflict retried")
	b.audit()
}

// Promise 1: what is set aside when it is new is looked up first.
func TestPromise1_TooOldIsLookedUpFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 1000))
	f := b.acquire(0)
	b.settle(f.next(pay("paid", "alice", 1)))
	b.recordHorizon(horizon)
	b.reacquire(f, nil)
	e := b.expecting(t, 1, false)
	counts := b.settleBy(e.Settler, f.next(pay("paid", "alice", 1), pay("forgotten", "alice", 1)))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Duplicate: 1, settle.DeadLettered: 1})
	e.wantTries(t, 1, 0, "[]")
	b.wantDeadLetters("0@2 too_old forgotten")
}

func TestQuarantinedIsLookedUpFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 1000), customer("bob", 1000))
	f := b.acquire(0)
	b.settle(f.next(pay("paid", "alice", 1), pay("paid", "alice", 2)))
	e := b.expecting(t, 1, true)
	b.settleBy(e.Settler, f.next(pay("of-another", "bob", 1)))
	e.wantTries(t, 0, 1, "[]")
	counts := b.settleBy(e.Settler, f.next(pay("paid", "alice", 1), pay("waits", "alice", 1)))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Duplicate: 1, settle.DeadLettered: 1})
	e.wantTries(t, 1, 0, "[]")
	b.wantDeadLetters("0@1 order_conflict paid", "0@4 account_quarantined waits")
}

// Promise 1: an order that is forgotten after the horizon was read is not paid again.
func TestPromise1_HorizonIsLookedAtAfterNewOrdersAreWritten(t *testing.T) {
	t.Parallel()
	for _, quarantine := range []bool{false, true} {
		t.Run(fmt.Sprintf("quarantine: %t", quarantine), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, customer("alice", 1000))
			f := b.acquire(0)
			b.settle(f.next(pay("paid", "alice", 1)))
			e := b.expecting(t, 1, quarantine)
			e.before = func() { // by somebody who does not lock the watermarks
				b.administer(func(tx pgx.Tx) error {
					return dedupe.RecordHorizon(context.Background(), tx, dedupe.Horizon{Before: horizon, Actor: "me", Reason: "why"})
				})
				b.forget("paid")
			}
			counts := b.settleBy(e.Settler, f.next(pay("paid", "alice", 1)))
			b.wantCounts(counts, map[settle.Kind]int64{settle.DeadLettered: 1})
			e.wantTries(t, 1, 1, "[P0004]")
			b.wantTransfers("paid", 1)
			b.wantDeadLetters("0@1 too_old paid")
		})
	}
}

// A replay's orders are known: none of it is written in vain.
func TestReplayedOrdersAreLookedUp(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 1000))
	f := b.acquire(0)
	b.settle(f.next(pay("o-1", "alice", 1), pay("o-2", "alice", 1)))
	id := b.mustReplay(f, 0)
	b.reacquire(f, nil)
	e := b.expecting(t, 1, false)
	slice := f.all()
	slice.Replay = f.Position.Replay
	counts := b.settleBy(e.Settler, slice)
	b.wantCounts(counts, map[settle.Kind]int64{settle.Duplicate: 2})
	e.wantTries(t, 1, 0, "[]")
	if got := b.replayed(id); got.AlreadyAnswered != 2 {
		t.Errorf("the replay counted %+v, want 2 that were answered", got)
	}
}
