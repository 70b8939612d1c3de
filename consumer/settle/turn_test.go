package settle_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"deductor/consumer/settle"
)

// waitsForItsTurn tells whether a batch has all but its balances written, and does not go on.
func (b *bench) waitsForItsTurn() bool {
	return b.row(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
	                 AND state = 'idle in transaction' AND query LIKE 'COPY transfer%'`) == "1"
}

// outOfTurn begins to settle a large batch of one payment, and waits until it waits for
// its turn.
func (b *bench) outOfTurn(ctx context.Context, t *testing.T, config settle.Config, batch settle.Slice) (
	s *settling, giveBack func(),
) {
	t.Helper()
	config.Many, config.Turns = 1, settle.NewTurns()
	giveBack = config.Turns.Occupy()
	s = start(ctx, t, closing(t, config), batch)
	b.eventually("the batch waits for its turn", b.waitsForItsTurn)
	return s, giveBack
}

func TestLargeBatchWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	s, giveBack := b.outOfTurn(t.Context(), t, b.untroubled(), b.acquire(0).next(pay("o-1", "alice", 60)))
	giveBack()
	counts, err := s.wait(t)
	if err != nil {
		t.Fatal(err)
	}
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 1})
	b.audit()
}

// The session that waits is idle in its transaction, which Postgres ends after a while.
func TestBatchGoesOnBeforeItsSessionIsEnded(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	config := b.untroubled()
	config.Limits.Idle = time.Second
	s, _ := b.outOfTurn(t.Context(), t, config, b.acquire(0).next(pay("o-1", "alice", 60)))
	counts, err := s.wait(t)
	if err != nil {
		t.Fatal(err)
	}
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 1})
}

// A batch that is abandoned while it waits was not committed.
func TestBatchIsAbandonedBeforeItsTurn(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	ctx, cancel := context.WithCancel(t.Context())
	batch := b.acquire(0).next(pay("o-1", "alice", 60))
	s, _ := b.outOfTurn(ctx, t, b.untroubled(), batch)
	cancel()
	if _, err := s.wait(t); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	b.wantCounts(b.settle(batch), map[settle.Kind]int64{settle.Applied: 1})
	b.wantTransfers("o-1", 1)
	b.audit()
}

// Small batches are over soon. And whoever has the turn may be waiting for accounts
// that were locked first.
func TestWhoWaitsForNoTurn(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]settle.Config{
		"small":        {Many: 2},
		"locked first": {Many: 1, Quarantine: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, customer("alice", 100))
			config.Connect, config.Turns = b.connect, settle.NewTurns()
			defer config.Turns.Occupy()()
			b.wantCounts(b.settleBy(closing(t, config), b.acquire(0).next(pay("o-1", "alice", 60))),
				map[settle.Kind]int64{settle.Applied: 1})
		})
	}
}

// A batch that waits for an account keeps those from being settled that have the same
// one, and no others.
func TestTurnOfABlockedBatchEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100), customer("bob", 100))
	release := b.lock("alice")
	config := b.untroubled()
	config.Many, config.Turns = 1, settle.NewTurns()
	blocked := start(t.Context(), t, closing(t, config), b.acquire(0).next(pay("o-1", "alice", 60)))
	b.awaitBlocked("%UPDATE account")
	b.wantCounts(b.settleBy(closing(t, config), b.acquire(1).next(pay("o-2", "bob", 60))),
		map[settle.Kind]int64{settle.Applied: 1})
	release()
	if _, err := blocked.wait(t); err != nil {
		t.Fatal(err)
	}
	b.wantTransfers("o-1", 1)
	b.audit()
}
