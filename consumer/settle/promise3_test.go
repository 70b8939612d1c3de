package settle_test

import (
	"testing"

	"deductor/consumer/settle"
)

// Promise 3: redelivery and replay give the stored outcome, declines too; a
// retry that may succeed is a new attempt.

func TestPromise3_DuplicateKeepsTheAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100), customer("bob", 1000))
	f, g := b.acquire(0), b.acquire(1)
	const (
		applied  = "applied attempt 1 at 0@0: 60 USD from alice to settlement:USD"
		declined = "declined attempt 1 at 0@1: insufficient_funds"
	)
	b.settle(f.next(pay("paid", "alice", 60), pay("refused", "alice", 60)))
	steps := []struct {
		name  string
		batch settle.Slice
		want  map[settle.Kind]int64
	}{
		{"the same records again", f.slice(0, 2), map[settle.Kind]int64{settle.Duplicate: 2}},
		{"other records that ask for the same", f.next(pay("refused", "alice", 60), pay("paid", "alice", 60)),
			map[settle.Kind]int64{settle.Duplicate: 2}},
		{"another partition", g.next(pay("paid", "alice", 60), pay("refused", "alice", 60)),
			map[settle.Kind]int64{settle.Duplicate: 2}},
		{"after a top-up, in its batch", g.next(pay("top-up", "bob", 500, credit("alice")), pay("refused", "alice", 60)),
			map[settle.Kind]int64{settle.Applied: 1, settle.Duplicate: 1}},
		{"after a top-up, later", f.slice(0, f.end()), map[settle.Kind]int64{settle.Duplicate: 4}},
	}
	for _, step := range steps {
		t.Log(step.name)
		b.wantCounts(b.settle(step.batch), step.want)
		b.wantOrder("paid", applied)
		b.wantOrder("refused", declined)
		b.wantTransfers("paid", 1)
		b.wantTransfers("refused", 0)
	}
	b.wantBalances(map[string]int64{"alice": 540, "bob": 500})
	b.wantDeadLetters()
	b.audit()
}

func TestPromise3_DuplicateInsideOneBatch(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100), customer("bob", 1000))
	f, g := b.acquire(0), b.acquire(1)
	counts := b.settle(
		f.next(pay("paid", "alice", 60), pay("paid", "alice", 60), pay("refused", "alice", 60)),
		g.next(pay("paid", "alice", 60), pay("top-up", "bob", 500, credit("alice")), pay("refused", "alice", 60)))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 2, settle.Declined: 1, settle.Duplicate: 3})
	b.wantOrder("paid", "applied attempt 1 at 0@0: 60 USD from alice to settlement:USD")
	b.wantOrder("refused", "declined attempt 1 at 0@2: insufficient_funds")
	b.wantBalances(map[string]int64{"alice": 540})
	b.audit()
}

func TestPromise3_AttemptAfterDecline(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100), customer("bob", 1000))
	f := b.acquire(0)
	b.settle(f.next(pay("o", "alice", 200)))
	b.settle(f.next(pay("o", "alice", 150, attempt(3))))
	b.wantOrder("o", "declined attempt 3 at 0@1: insufficient_funds | declined attempt 1 at 0@0: insufficient_funds")
	counts := b.settle(f.next(pay("o", "bob", 120, attempt(4))))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 1})
	const applied = "applied attempt 4 at 0@2: 120 USD from bob to settlement:USD" +
		" | declined attempt 3 at 0@1: insufficient_funds | declined attempt 1 at 0@0: insufficient_funds"
	b.wantOrder("o", applied)

	// Each attempt that was answered is known by its own answer.
	b.wantCounts(b.settle(f.slice(0, 3)), map[settle.Kind]int64{settle.Duplicate: 3})
	// An applied order is never decided again.
	b.wantCounts(b.settle(f.next(pay("o", "bob", 120, attempt(5)))), map[settle.Kind]int64{settle.Duplicate: 1})
	b.wantOrder("o", applied)
	b.wantTransfers("o", 1)
	b.wantBalances(map[string]int64{"alice": 100, "bob": 880})
	b.wantDeadLetters()
	b.audit()
}

func TestPromise3_AttemptsInsideOneBatch(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100), customer("bob", 1000))
	f := b.acquire(0)
	counts := b.settle(f.next(
		pay("new", "alice", 200),
		pay("new", "alice", 150, attempt(2)),
		pay("new", "alice", 150, attempt(2)), // again
		pay("new", "alice", 90, attempt(5)),
		pay("new", "alice", 90, attempt(6)), // it is applied
		pay("new", "alice", 200),            // the first one again
		pay("stored", "alice", 11)))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 1, settle.Declined: 3, settle.Duplicate: 3})
	b.wantOrder("new", "applied attempt 5 at 0@3: 90 USD from alice to settlement:USD"+
		" | declined attempt 2 at 0@1: insufficient_funds | declined attempt 1 at 0@0: insufficient_funds")

	counts = b.settle(f.next(
		pay("stored", "alice", 11, attempt(2)),
		pay("stored", "alice", 12, attempt(3)),
		pay("stored", "alice", 11, attempt(2)), // again
		pay("top-up", "bob", 500, credit("alice")),
		pay("stored", "alice", 11, attempt(4)),
		pay("stored", "alice", 11))) // the first one again
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 2, settle.Declined: 2, settle.Duplicate: 2})
	b.wantOrder("stored", "applied attempt 4 at 0@11: 11 USD from alice to settlement:USD"+
		" | declined attempt 3 at 0@8: insufficient_funds | declined attempt 2 at 0@7: insufficient_funds"+
		" | declined attempt 1 at 0@6: insufficient_funds")
	b.wantDeadLetters()
	b.audit()
}

// A lower attempt that comes late, and was never answered, gets the answer of
// the one that overtook it.
func TestPromise3_LateLowerAttempt(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100), customer("bob", 1000))
	f := b.acquire(0)
	b.settle(f.next(pay("declined", "alice", 200, attempt(2)), pay("applied", "alice", 100, attempt(2))))
	counts := b.settle(f.next(
		pay("top-up", "bob", 500, credit("alice")),
		pay("declined", "alice", 200),
		pay("applied", "alice", 100),
		pay("applied", "alice", 101)))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 1, settle.Duplicate: 2, settle.DeadLettered: 1})
	b.wantOrder("declined", "declined attempt 2 at 0@0: insufficient_funds")
	b.wantOrder("applied", "applied attempt 2 at 0@1: 100 USD from alice to settlement:USD")
	b.wantDeadLetters("0@5 order_conflict applied")
	b.wantBalances(map[string]int64{"alice": 500})
	b.audit()
}

// What was overtaken keeps the answer of what overtook it, also once the order
// was attempted again.
func TestPromise3_LateLowerAttemptIsReplayed(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100), customer("bob", 1000))
	f := b.acquire(0)
	b.settle(f.next(
		pay("o", "alice", 200, attempt(3)),
		pay("o", "alice", 200, attempt(2)),
		pay("o", "bob", 50, attempt(4))))
	b.wantCounts(b.settle(f.all()), map[settle.Kind]int64{settle.Duplicate: 3})
	b.wantDeadLetters()
	b.audit()
}
