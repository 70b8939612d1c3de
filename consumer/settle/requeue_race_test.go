package settle_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"deductor/consumer/settle"
)

// Promise 1: operators that requeue the same letters at the same time, workers
// that read the same records again, and workers that read copies of them: each
// order is debited once, each letter is resolved once.
func TestPromise1_RequeuesRace(t *testing.T) {
	t.Parallel()
	const orders, operators = 60, 3
	source := *seed
	if source == 0 {
		source = rand.Uint64()
	}
	t.Logf("again with -settle.seed=%d", source)
	b := newBench(t, customer("alice", 1_000), customer("bob", 1_000))
	b.exec(lingering)
	f, g := b.acquire(0), b.acquire(1)
	var values []string
	for i := range orders {
		values = append(values, string(pay(fmt.Sprintf("o-%d", i), []string{"alice", "bob"}[i%2], int64(1+i)).Value))
	}
	badBob := strings.ReplaceAll(badAlice, "alice", "bob")
	letters := b.lettersOf(t, f, append([]string{badBob}, append(values, values...)...)...)
	for _, letter := range b.choose(settle.DeadLetterFilter{State: settle.Open, Reason: "amount_syntax"}) {
		b.discard(letter.ID)
	}
	met := &errorStates{count: make(map[string]int)}
	var all errgroup.Group
	for n := range operators {
		operator := b.operator(t)
		config := b.untroubled()
		config.Connect = b.asAdmin().connectWatched(met.watch)
		operator.Settler = closing(t, config)
		random := rand.New(rand.NewPCG(source, uint64(n)))
		all.Go(func() error {
			for rest := letters; len(rest) > 0; {
				size := 1 + random.IntN(min(30, len(rest)))
				if _, err := operator.Requeue(t.Context(), rest[:size]); err != nil {
					return err
				}
				rest = rest[size:]
			}
			return nil
		})
	}
	b.workers(t, &all, met, f, g, values)
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	// Letters that waited are decided with accounts locked first, the workers'
	// records with orders first: there may be deadlocks.
	t.Logf("errors that were met, by SQLSTATE: %v", met.count)
	if twice := b.rows("SELECT reference FROM transfer GROUP BY reference HAVING count(*) > 1"); len(twice) > 0 {
		t.Errorf("orders %q were debited more than once", twice)
	}
	if n := b.row("SELECT count(*) FROM processed"); n != fmt.Sprint(orders) {
		t.Errorf("%s orders were decided, want %d", n, orders)
	}
	if n := b.row("SELECT count(*) FROM dead_letter WHERE resolution IS DISTINCT FROM 'requeued'"); n != "2" {
		t.Errorf("%s letters are not requeued, want the two malformed ones", n)
	}
	resolved := b.row(`SELECT count(*), count(DISTINCT dead_letter_id) FROM dead_letter_action
	                    WHERE outcome IN ('applied', 'declined', 'duplicate')`)
	if want := fmt.Sprint(2*orders, 2*orders); resolved != want {
		t.Errorf("%s actions of letters, want %s", resolved, want)
	}
	b.audit()
}

// workers has one worker read the feed again and again, and one read copies.
func (b *bench) workers(t *testing.T, all *errgroup.Group, met *errorStates, f, g *feed, values []string) {
	config := b.untroubled()
	config.Connect = b.connectWatched(met.watch)
	replaying, copying := closing(t, config), closing(t, config)
	again := f.all()
	all.Go(func() error {
		for range 10 {
			if _, err := replaying.Settle(t.Context(), []settle.Slice{again}); err != nil {
				return err
			}
		}
		return nil
	})
	var copies []settle.Slice
	for _, value := range values {
		copies = append(copies, g.next(raw(value)))
	}
	all.Go(func() error {
		for _, slice := range copies {
			if _, err := copying.Settle(t.Context(), []settle.Slice{slice}); err != nil {
				return err
			}
		}
		return nil
	})
}
