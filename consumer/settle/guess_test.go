package settle_test

import (
	"fmt"
	"testing"

	"deductor/consumer/settle"
)

// wantReads compares how often accounts were read since it was last asked.
func (e *expecting) wantReads(t *testing.T, want int) {
	t.Helper()
	if e.reads != want {
		t.Errorf("accounts were read %d times, want %d", e.reads, want)
	}
	e.reads = 0
}

// Promise 5: what is known of an account from earlier batches is a guess. When it was wrong,
// the batch is decided again on what is read, and so are the next ones.
func TestPromise5_GuessedAccountsAreReadWhenTheyMoved(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100), customer("bob", 0))
	f, g := b.acquire(0), b.acquire(1)
	e := b.expecting(t, 1, false)
	settled := func(id string, amount int64, want settle.Kind) {
		t.Helper()
		b.wantCounts(b.settleBy(e.Settler, f.next(pay(id, "alice", amount, credit("bob")))), map[settle.Kind]int64{want: 1})
	}
	settled("first", 10, settle.Applied)
	e.wantReads(t, 1)
	settled("known", 10, settle.Applied)
	settled("too-much", 81, settle.Declined)
	e.wantReads(t, 0)

	b.settle(g.next(pay("elsewhere", "alice", 75, credit("bob"))))
	settled("gone", 10, settle.Declined)
	e.wantReads(t, 1)
	e.wantTries(t, 1, 5, "[P0004]")
	for i := range 15 {
		settled(fmt.Sprintf("wary-%d", i), 10, settle.Declined)
		e.wantReads(t, 1)
	}
	settled("known-again", 5, settle.Applied)
	e.wantReads(t, 0)
	b.wantBalances(map[string]int64{"alice": 0})
	b.audit()
}

// With quarantine, letters are read once accounts are locked: nothing is guessed.
func TestAccountsAreLockedForQuarantine(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100), customer("bob", 0))
	f := b.acquire(0)
	e := b.expecting(t, 1, true)
	for i := range 2 {
		b.settleBy(e.Settler, f.next(pay(fmt.Sprintf("o-%d", i), "alice", 1, credit("bob"))))
		e.wantReads(t, 1)
	}
}

// Small batches read, and what they leave is known to large ones.
func TestSmallBatchesReadAccounts(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100), customer("bob", 0))
	f := b.acquire(0)
	e := b.expecting(t, 2, false)
	b.settleBy(e.Settler, f.next(pay("o-1", "alice", 60, credit("bob"))))
	e.wantReads(t, 1)
	b.settleBy(e.Settler, f.next(pay("o-2", "alice", 20, credit("bob")), pay("o-3", "alice", 20, credit("bob"))))
	e.wantReads(t, 0)
	b.settleBy(e.Settler, f.next(pay("o-4", "alice", 1, credit("bob"))))
	e.wantReads(t, 1)
	b.wantBalances(map[string]int64{"alice": 0})
}
