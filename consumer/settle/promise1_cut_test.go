package settle_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
)

// cutter cuts a connection at the n-th message of one side.
type cutter struct {
	fromServer bool
	how        verdict
	n          int // from 1; the messages that are still to pass, and 1
}

func (c *cutter) watch(m message) verdict {
	if m.fromServer != c.fromServer {
		return pass
	}
	c.n--
	if c.n != 0 {
		return pass
	}
	return c.how
}

// settleAndDie is a worker that dies when its connection is cut: its settler
// never connects again. It tells whether the worker came through.
func (b *bench) settleAndDie(cut *cutter, batch ...settle.Slice) bool {
	b.t.Helper()
	ctx, die := context.WithCancel(b.t.Context())
	defer die()
	settler := settle.NewSettler(settle.Config{
		Connect:   b.connectWatched(cut.watch),
		OnTrouble: func(error) { die() },
	})
	defer settler.Close()
	_, err := settler.Settle(ctx, batch)
	if err != nil && !errors.Is(err, context.Canceled) {
		b.t.Fatalf("settle, cut off: %v", err)
	}
	return err == nil
}

// Promise 1: wherever in a transaction the connection breaks, the batch is
// settled once: by this worker, or by the next one, never by both.
func TestPromise1_ConnectionCutAtEveryStep(t *testing.T) {
	t.Parallel()
	sides := map[bool]string{false: "client", true: "server"}
	hows := map[verdict]string{cutBefore: "before", cutInside: "inside"}
	for fromServer, side := range sides {
		for how, where := range hows {
			t.Run(side+" "+where, func(t *testing.T) {
				t.Parallel()
				cutAtEveryStep(t, fromServer, how)
			})
		}
	}
}

func cutAtEveryStep(t *testing.T, fromServer bool, how verdict) {
	b := newBench(t, customer("alice", 1_000_000), customer("bob", 0))
	next := closing(t, b.untroubled())
	f, g := b.acquire(0), b.acquire(1)
	whole, debited := false, 0
	for n := 1; !whole; n++ {
		id := func(name string) string { return fmt.Sprintf("%s-%d", name, n) }
		b.settleBy(next, f.next(pay(id("retried"), "bob", 1)))
		start := f.end()
		batch := []settle.Slice{
			f.next(pay(id("first"), "alice", 5), pay(id("declined"), "bob", 1), pay(id("first"), "alice", 5), marker),
			g.next(pay(id("retried"), "alice", 2, attempt(2)), pay(id("first"), "bob", 5), raw("?"),
				pay(id("second"), "alice", 3)),
		}
		whole = b.settleAndDie(&cutter{fromServer: fromServer, how: how, n: n}, batch...)

		b.reacquire(f, &start)
		b.reacquire(g, &batch[1].Start)
		b.settleBy(next, f.slice(f.Offset, f.end()), g.slice(g.Offset, g.end()))
		debited += 10
		b.wantBalances(map[string]int64{"alice": int64(1_000_000 - debited), "settlement:USD": int64(debited)})
		stored := b.orders()
		for name, want := range map[string]string{
			"first":    fmt.Sprintf("applied attempt 1 at 0@%d: 5 USD from alice to settlement:USD", start),
			"declined": fmt.Sprintf("declined attempt 1 at 0@%d: insufficient_funds", start+1),
			"second":   fmt.Sprintf("applied attempt 1 at 1@%d: 3 USD from alice to settlement:USD", g.end()-1),
			"retried": fmt.Sprintf("applied attempt 2 at 1@%d: 2 USD from alice to settlement:USD"+
				" | declined attempt 1 at 0@%d: insufficient_funds", g.end()-4, start-1),
		} {
			if got := stored[id(name)]; got != want {
				t.Fatalf("cut at message %d: order %s is stored as\n%q, want\n%q", n, name, got, want)
			}
		}
		b.exec("DELETE FROM processed WHERE order_id <> ALL (SELECT reference FROM transfer)")
		if t.Failed() {
			t.Fatalf("cut at message %d", n)
		}
	}
	b.audit()
	if got, want := b.row("SELECT count(*) FROM dead_letter"), fmt.Sprint(2*len(g.records)/4); got != want {
		t.Errorf("%s dead letters, want %s", got, want)
	}
	t.Logf("cut at %d messages", len(g.records)/4-1)
}

var _ = pgx.Conn{}
