package settle_test

import (
	"testing"

	"deductor/consumer/settle"
	"deductor/ledger"
)

// Promise 4: the same key with another payload is a conflict, never applied,
// and kept with what differs.

// wantDifference compares what a conflict's dead letter says.
func (b *bench) wantDifference(offset int64, detail, difference string) {
	b.t.Helper()
	got := b.row("SELECT detail, difference::text FROM dead_letter WHERE record_offset = $1", offset)
	if want := detail + " " + difference; got != want {
		b.t.Errorf("dead letter of offset %d:\n%s, want\n%s", offset, got, want)
	}
}

const (
	otherAmount = `the order is known with another amount_minor`
	sixtyTo61   = `{"amount_minor": {"stored": "60", "received": "61"}}`
)

func TestPromise4_ConflictWithAppliedOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100), customer("bob", 100), customer("carol", 0))
	f := b.acquire(0)
	b.settle(f.next(pay("o", "alice", 60)))
	counts := b.settle(f.next(
		pay("o", "alice", 61),
		pay("o", "bob", 60),
		pay("o", "alice", 60, credit("carol")),
		pay("o", "alice", 60, currency("EUR")),
		pay("o", "bob", 6, currency("EUR"), credit("carol"), attempt(2)),
		pay("o", "alice", 60)))
	b.wantCounts(counts, map[settle.Kind]int64{settle.DeadLettered: 5, settle.Duplicate: 1})
	b.wantDifference(1, otherAmount, sixtyTo61)
	b.wantDifference(2, "the order is known with another account",
		`{"account": {"stored": "alice", "received": "bob"}}`)
	b.wantDifference(3, "the order is known with another credit_account",
		`{"credit_account": {"stored": "settlement:USD", "received": "carol"}}`)
	b.wantDifference(4, "the order is known with another credit_account, currency",
		`{"currency": {"stored": "USD", "received": "EUR"}, `+
			`"credit_account": {"stored": "settlement:USD", "received": "settlement:EUR"}}`)
	b.wantDifference(5, "the order is known with another account, amount_minor, credit_account, currency",
		`{"account": {"stored": "alice", "received": "bob"}, "currency": {"stored": "USD", "received": "EUR"}, `+
			`"amount_minor": {"stored": "60", "received": "6"}, `+
			`"credit_account": {"stored": "settlement:USD", "received": "carol"}}`)
	b.wantDeadLetters("0@1 order_conflict o", "0@2 order_conflict o", "0@3 order_conflict o",
		"0@4 order_conflict o", "0@5 order_conflict o")
	b.wantOrder("o", "applied attempt 1 at 0@0: 60 USD from alice to settlement:USD")
	b.wantTransfers("o", 1)
	b.wantBalances(map[string]int64{"alice": 40, "bob": 100, "carol": 0})
	b.audit()
}

// An order that another service answered, or of which the transfer is gone, is
// in the way all the same, and stops nobody else's payments.
func TestPromise4_ConflictThatCannotBeExplained(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f := b.acquire(0)
	b.settle(f.next(pay("o", "alice", 60)))
	b.exec("UPDATE processed SET ref_id = -1")
	counts := b.settle(f.next(pay("o", "alice", 61), pay("p", "alice", 1)))
	b.wantCounts(counts, map[settle.Kind]int64{settle.DeadLettered: 1, settle.Applied: 1})
	b.wantDeadLetters("0@1 order_conflict o")
	if got := b.row("SELECT difference IS NULL AND detail LIKE '%deductor audit' FROM dead_letter"); got != "true" {
		t.Errorf("the dead letter claims to know what differs, or does not say what to do: %s", got)
	}
}

func TestPromise4_ConflictWithDeclinedOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 50), customer("bob", 1000))
	f := b.acquire(0)
	b.settle(f.next(pay("o", "alice", 60)))
	b.settle(f.next(pay("o", "alice", 61)))
	b.wantDifference(1, otherAmount, sixtyTo61)
	b.settle(f.next(pay("o", "bob", 5000, attempt(2))))
	b.settle(f.next(pay("o", "alice", 61), pay("o", "bob", 5001, attempt(2))))
	// An attempt is compared with its own answer.
	b.wantDifference(3, otherAmount, sixtyTo61)
	b.wantDifference(4, otherAmount, `{"amount_minor": {"stored": "5000", "received": "5001"}}`)
	b.wantOrder("o", "declined attempt 2 at 0@2: insufficient_funds | declined attempt 1 at 0@0: insufficient_funds")
	b.audit()
}

func TestPromise4_ConflictInsideOneBatch(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100), customer("bob", 1000))
	f, g := b.acquire(0), b.acquire(1)
	counts := b.settle(
		f.next(pay("applied", "alice", 60), pay("applied", "alice", 61),
			pay("declined", "alice", 60), pay("declined", "alice", 61),
			pay("declined", "bob", 70, attempt(2))),
		g.next(pay("declined", "bob", 71, attempt(2)), pay("applied", "bob", 60), pay("declined", "alice", 61)))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 2, settle.Declined: 1, settle.DeadLettered: 5})
	b.wantDeadLetters("0@1 order_conflict applied", "0@3 order_conflict declined",
		"1@0 order_conflict declined", "1@1 order_conflict applied", "1@2 order_conflict declined")
	got := b.rows(`SELECT d.difference::text FROM dead_letter d JOIN source s ON s.id = d.source_id
	                ORDER BY s.partition, d.record_offset`)
	for i, want := range []string{
		sixtyTo61,
		sixtyTo61,
		`{"amount_minor": {"stored": "70", "received": "71"}}`,
		`{"account": {"stored": "alice", "received": "bob"}}`,
		sixtyTo61,
	} {
		if got[i] != want {
			t.Errorf("difference %d: %s, want %s", i, got[i], want)
		}
	}
	b.wantBalances(map[string]int64{"alice": 40, "bob": 930})
	b.audit()
}

// A conflict that is read again is the same dead letter, also when its order
// was stored by the batch that is read again.
func TestPromise4_ConflictIsReplayed(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100), customer("bob", 100),
		ledger.NewAccount{Name: "shop", Currency: "USD", Kind: ledger.Settlement})
	f := b.acquire(0)
	b.settle(f.next(pay("o", "alice", 60), pay("o", "bob", 60, credit("shop"))))
	before := b.rows("SELECT d::text FROM dead_letter d")
	counts := b.settle(f.all())
	b.wantCounts(counts, map[settle.Kind]int64{settle.Duplicate: 1, settle.DeadLettered: 1})
	if after := b.rows("SELECT d::text FROM dead_letter d"); len(after) != 1 || after[0] != before[0] {
		t.Errorf("dead letters %q, want as before %q", after, before)
	}
	b.audit()
}
