package settle_test

import (
	"context"
	"errors"
	"testing"

	"deductor/consumer/settle"
)

// waitsForItsTurn tells whether a batch has all but its balances written, and does not go on.
func (b *bench) waitsForItsTurn() bool {
	return b.row(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
	                 AND state = 'idle in transaction' AND query LIKE 'COPY transfer%'`) == "1"
}

func TestLargeBatchWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f := b.acquire(0)
	config := b.untroubled()
	config.Many, config.Turns = 1, settle.NewTurns()
	giveBack := config.Turns.Occupy()
	s := start(t.Context(), t, closing(t, config), f.next(pay("o-1", "alice", 60)))
	b.eventually("the batch waits for its turn", b.waitsForItsTurn)
	giveBack()
	counts, err := s.wait(t)
	if err != nil {
		t.Fatal(err)
	}
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 1})
	b.audit()
}

// A batch that is abandoned while it waits was not committed.
func TestBatchIsAbandonedBeforeItsTurn(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f := b.acquire(0)
	config := b.untroubled()
	config.Many, config.Turns = 1, settle.NewTurns()
	giveBack := config.Turns.Occupy()
	ctx, cancel := context.WithCancel(t.Context())
	settler, batch := closing(t, config), f.next(pay("o-1", "alice", 60))
	s := start(ctx, t, settler, batch)
	b.eventually("the batch waits for its turn", b.waitsForItsTurn)
	cancel()
	if _, err := s.wait(t); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	giveBack()
	b.wantCounts(b.settleBy(settler, batch), map[settle.Kind]int64{settle.Applied: 1})
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
