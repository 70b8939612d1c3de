package settle_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"deductor/consumer/settle"
	"deductor/ledger"
)

// cutter cuts a connection at the n-th message of one side.
type cutter struct {
	fromServer bool
	how        verdict
	n          int // from 1
	seen       int
}

func (c *cutter) watch(m message) verdict {
	if m.fromServer != c.fromServer {
		return pass
	}
	c.seen++
	if c.seen != c.n {
		return pass
	}
	return c.how
}

// settleAndDie is a worker that dies when its connection is cut: its settler
// never gets another. It tells whether the worker came through.
func (b *bench) settleAndDie(cut *cutter, quarantine bool, batch ...settle.Slice) bool {
	b.t.Helper()
	ctx, die := context.WithCancel(b.t.Context())
	defer die()
	settler := settle.NewSettler(settle.Config{
		Connect:    b.connectWatched(cut.watch),
		Quarantine: quarantine,
		Accounts:   b.known,
		OnTrouble:  func(error) { die() },
	})
	defer settler.Close()
	_, err := settler.Settle(ctx, batch)
	if err != nil && !errors.Is(err, context.Canceled) {
		b.t.Fatalf("settle, cut off: %v", err)
	}
	return err == nil
}

// Promise 1: wherever in a transaction the connection breaks, the batch is
// settled once: by the worker that lost it or by the next one, never by both.
func TestPromise1_ConnectionCutAtEveryStep(t *testing.T) {
	t.Parallel()
	sides := map[bool]string{false: "the client's messages", true: "the server's messages"}
	hows := map[verdict]string{cutBefore: "before", cutInside: "inside"}
	for fromServer, side := range sides {
		for how, where := range hows {
			t.Run(where+" "+side, func(t *testing.T) {
				t.Parallel()
				c := newCutting(t, 0)
				n, steps, stride := 1, 1, 1
				if testing.Short() {
					stride = 7
				}
				for !c.step(&cutter{fromServer: fromServer, how: how, n: n}) {
					n, steps = n+stride, steps+1
				}
				if n < 50 {
					t.Errorf("only %d messages were cut: a transaction has more", n-1)
				}
				c.b.audit()
				if got, want := c.b.row("SELECT count(*) FROM dead_letter"), fmt.Sprint(2*steps); got != want {
					t.Errorf("%s dead letters, want %s", got, want)
				}
			})
		}
	}
}

// Promise 1, as above, for a batch whose rows are copied; every other step.
func TestPromise1_ConnectionCutAtEveryStepOfALargeBatch(t *testing.T) {
	t.Parallel()
	for _, fromServer := range []bool{false, true} {
		t.Run(fmt.Sprintf("messages of the server: %t", fromServer), func(t *testing.T) {
			t.Parallel()
			c := newCutting(t, 300)
			n := 1
			for !c.step(&cutter{fromServer: fromServer, how: cutBefore, n: n}) {
				n += 2
			}
			if n < 100 {
				t.Errorf("only %d messages were cut: a transaction has more", n-1)
			}
			c.b.audit()
		})
	}
}

// cutting is a bench whose first settler is cut off again and again, and whose
// second one goes on after it.
type cutting struct {
	b    *bench
	f, g *feed
	more int // payments in a batch
	paid int64
}

func newCutting(t *testing.T, more int) *cutting {
	b := newBench(t, customer("alice", 1_000_000), customer("bob", 0))
	b.known = ledger.NewCache()
	b.settler = closing(t, b.untroubled()) // it knows accounts, and those that are cut off guess them
	return &cutting{b: b, f: b.acquire(0), g: b.acquire(1), more: more}
}

// step settles a batch with an outcome of each kind and a cut, then again by
// the next worker, and compares all that is stored. It tells whether the
// transaction went through without reaching the cut.
func (c *cutting) step(cut *cutter) (whole bool) {
	b, f, g := c.b, c.f, c.g
	b.t.Helper()
	id := func(name string) string { return fmt.Sprintf("%s-%d", name, cut.n) }
	b.settle(f.next(pay(id("retried"), "bob", 1)))
	was, start := f.end()-1, f.end()
	batch := []settle.Slice{
		f.next(pay(id("first"), "alice", 5), pay(id("declined"), "bob", 1), pay(id("first"), "alice", 5), marker),
		g.next(pay(id("retried"), "alice", 2, attempt(2)), pay(id("first"), "bob", 5), raw("?"),
			pay(id("second"), "alice", 3)),
	}
	for i := range c.more {
		next := g.next(pay(id(fmt.Sprintf("more-%d", i)), "alice", 1))
		batch[1].End, batch[1].Items = next.End, append(batch[1].Items, next.Items...)
	}
	whole = b.settleAndDie(cut, false, batch...)
	// The next worker starts where the dead one did, or, as the group's offsets
	// may be lost too, at the watermark.
	var committed [2]*int64
	if cut.n%2 == 0 {
		committed = [2]*int64{&batch[0].Start, &batch[1].Start}
	}
	b.reacquire(f, committed[0])
	b.reacquire(g, committed[1])
	b.settle(f.slice(f.Offset, f.end()), g.slice(g.Offset, g.end()))

	c.paid += 10 + int64(c.more)
	b.wantBalances(map[string]int64{"alice": 1_000_000 - c.paid, "settlement:USD": c.paid})
	stored, first := b.orders(), batch[1].Start
	for name, want := range map[string]string{
		"first":    fmt.Sprintf("applied attempt 1 at 0@%d: 5 USD from alice to settlement:USD", start),
		"declined": fmt.Sprintf("declined attempt 1 at 0@%d: insufficient_funds", start+1),
		"second":   fmt.Sprintf("applied attempt 1 at 1@%d: 3 USD from alice to settlement:USD", first+3),
		"retried": fmt.Sprintf("applied attempt 2 at 1@%d: 2 USD from alice to settlement:USD"+
			" | declined attempt 1 at 0@%d: insufficient_funds", first, was),
	} {
		if got := stored[id(name)]; got != want {
			b.t.Errorf("order %s is stored as\n%q, want\n%q", name, got, want)
		}
	}
	if b.t.Failed() {
		b.t.Fatalf("cut at message %d", cut.n)
	}
	return whole
}
