package settle_test

import (
	"strings"
	"testing"
	"time"

	"deductor/consumer/settle"
)

// standing is a settler that stands still between its two round trips.
type standing struct {
	*settling
	goOn func()
}

// standStill begins to settle a batch and returns once it stands still.
func (b *bench) standStill(t *testing.T, config settle.Config, batch ...settle.Slice) standing {
	t.Helper()
	stands, awake := make(chan struct{}), make(chan struct{})
	first := true
	config.Connect = b.connectWatched(func(m message) verdict {
		if first && !m.fromServer && strings.HasPrefix(m.text, "INSERT INTO processed") {
			first = false
			close(stands)
			select {
			case <-awake:
			case <-time.After(2 * patience): // the test gave up
			}
		}
		return pass
	})
	s := start(t.Context(), t, closing(t, config), batch...)
	await(t, "the settler stands still", stands)
	return standing{settling: s, goOn: func() { close(awake) }}
}

// Promise 5: no customer passes the overdraft limit. Under quarantine, who
// decides on an account's money holds its lock until it was spent; who comes
// later waits, decides on what is left, and finds what was decided meanwhile.
func TestPromise5_CustomersAreLocked(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f, g := b.acquire(0), b.acquire(1)
	config := b.untroubled()
	config.Quarantine = true
	first := b.standStill(t, config, f.next(pay("o-1", "alice", 60)))
	met := &errorStates{count: make(map[string]int)}
	config.Connect = b.connectWatched(met.watch)
	second := start(t.Context(), t, closing(t, config), g.next(pay("o-1", "alice", 60), pay("o-2", "alice", 60)))
	b.eventually("the second settler waits for the account", func() bool { return len(b.waiting()) == 1 })
	first.goOn()
	if _, err := first.wait(t); err != nil {
		t.Fatal(err)
	}
	counts, err := second.wait(t)
	if err != nil {
		t.Fatal(err)
	}
	b.wantCounts(counts, map[settle.Kind]int64{settle.Duplicate: 1, settle.Declined: 1})
	b.wantOrder("o-1", "applied attempt 1 at 0@0: 60 USD from alice to settlement:USD")
	b.wantOrder("o-2", "declined attempt 1 at 1@1: insufficient_funds")
	if len(met.count) > 0 {
		t.Errorf("errors %v, want none: what is processed is read once the lock is held", met.count)
	}
	b.audit()
}

// Settlement accounts are not locked: workers that credit the same one do not
// wait for each other.
func TestSettlementAccountsAreNotLocked(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100), customer("bob", 100))
	f, g := b.acquire(0), b.acquire(1)
	first := b.standStill(t, b.untroubled(), f.next(pay("o-1", "alice", 60)))
	b.settle(g.next(pay("o-2", "bob", 60)))
	first.goOn()
	if _, err := first.wait(t); err != nil {
		t.Fatal(err)
	}
	b.wantBalances(map[string]int64{"settlement:USD": 120})
}
