package settle_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
	"deductor/ledger"
)

// Promise 5: no customer passes the overdraft limit, and nobody is declined for
// what is no longer so. What was decided on an account that another transaction
// has changed meanwhile is decided again.
func TestPromise5_DecisionsHoldWhenTheyAreWritten(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		amount    int64
		to        string
		meanwhile func(b *bench, g *feed)
		became    settle.Kind
		order     string
		tries     int
	}{
		"the money is gone": {60, "settlement:USD", debit("alice", 60), settle.Declined,
			"declined attempt 1 at 0@0: insufficient_funds", 2},
		"all but enough is gone": {60, "settlement:USD", debit("alice", 40), settle.Applied,
			"applied attempt 1 at 0@0: 60 USD from alice to settlement:USD", 1},
		"the money has come": {150, "settlement:USD", func(b *bench, g *feed) {
			b.settle(g.next(pay("o-2", "bob", 50, credit("alice"))))
		}, settle.Applied, "applied attempt 1 at 0@0: 150 USD from alice to settlement:USD", 2},
		"some has come, too little": {150, "settlement:USD", func(b *bench, g *feed) {
			b.settle(g.next(pay("o-2", "bob", 49, credit("alice"))))
		}, settle.Declined, "declined attempt 1 at 0@0: insufficient_funds", 1},
		"there is room for it now": {30, "rich", func(b *bench, g *feed) {
			b.settle(g.next(pay("o-2", "rich", 60, credit("bob"))))
		}, settle.Applied, "applied attempt 1 at 0@0: 30 USD from alice to rich", 2},
		"the account is closed": {60, "settlement:USD", func(b *bench, _ *feed) {
			if err := pgx.BeginFunc(b.t.Context(), b.admin, func(tx pgx.Tx) error {
				return ledger.Close(b.t.Context(), tx, "alice")
			}); err != nil {
				b.t.Fatal(err)
			}
		}, settle.Declined, "declined attempt 1 at 0@0: account_closed", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, customer("alice", 100), customer("bob", 100), customer("rich", math.MaxInt64-20))
			f, g := b.acquire(0), b.acquire(1)
			config, tries := b.untroubled(), 0
			config.Connect = b.connectWatched(func(m message) verdict {
				writes := m.holds("INSERT INTO processed") || m.holds("INSERT INTO dead_letter")
				if !m.fromServer && m.kind == 'B' && writes {
					if tries++; tries == 1 {
						test.meanwhile(b, g)
					}
				}
				return pass
			})
			b.wantCounts(b.settleBy(closing(t, config),
				f.next(pay("o-1", "alice", test.amount, credit(test.to)))),
				map[settle.Kind]int64{test.became: 1})
			b.wantOrder("o-1", test.order)
			if tries != test.tries {
				t.Errorf("it was decided %d times, want %d", tries, test.tries)
			}
			b.audit()
		})
	}
}

func debit(account string, amount int64) func(b *bench, g *feed) {
	return func(b *bench, g *feed) { b.settle(g.next(pay("o-2", account, amount))) }
}

// An account that others change between each reading and each writing is locked
// in the end, so that nobody tries for ever.
func TestAccountThatKeepsMovingIsLocked(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f, g := b.acquire(0), b.acquire(1)
	config, tries, locked := b.untroubled(), 0, false
	config.Connect = b.connectWatched(func(m message) verdict {
		if m.fromServer {
			return pass
		}
		locked = locked || strings.Contains(m.text, "Sorted before it locks")
		if m.kind == 'B' && strings.HasPrefix(m.text, "INSERT INTO processed") && !locked {
			tries++
			b.settle(g.next(pay(fmt.Sprintf("o-2%d", tries), "alice", 10)))
		}
		return pass
	})
	// All of it each time: 10 less is too little.
	var all []settle.Slice
	slice := f.next(pay("o-1", "alice", 100), pay("o-3", "alice", 90), pay("o-4", "alice", 80), pay("o-5", "alice", 70))
	counts := b.settleBy(closing(t, config), append(all, slice)...)
	b.wantCounts(counts, map[settle.Kind]int64{settle.Declined: 3, settle.Applied: 1})
	b.wantTransfers("o-5", 1)
	if tries != 3 || !locked {
		t.Errorf("%d tries without locks, and then with: %t; want 3, and so", tries, locked)
	}
	b.audit()
}
