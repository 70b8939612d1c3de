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

// Commands of one account are decided in the order of their records, with a
// worker in quarantine running and an operator who discards what is malformed
// and requeues what waits.
func TestQuarantineKeepsTheOrder(t *testing.T) {
	t.Parallel()
	const batches = 40
	source := *seed
	if source == 0 {
		source = rand.Uint64()
	}
	t.Logf("again with -settle.seed=%d", source)
	random := rand.New(rand.NewPCG(source, 0))
	b := newBench(t, customer("alice", 1_000_000), customer("bob", 1_000_000))
	b.exec(lingering + `;
		CREATE TABLE decided (nth bigint GENERATED ALWAYS AS IDENTITY, order_id text COLLATE "C");
		GRANT INSERT ON decided TO PUBLIC;
		CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN INSERT INTO decided (order_id) VALUES (NEW.order_id); RETURN NEW; END $$;
		CREATE TRIGGER note AFTER INSERT ON processed FOR EACH ROW EXECUTE FUNCTION note()`)
	f := b.acquire(0)
	names := []string{"alice", "bob"}
	var slices []settle.Slice
	for range batches {
		slice := f.next()
		for range 1 + random.IntN(6) {
			account := names[random.IntN(2)]
			value := string(pay(fmt.Sprintf("%s-%06d", account, f.end()), account, 1).Value)
			if random.IntN(8) == 0 {
				value = strings.ReplaceAll(badAlice, "alice", account)
			}
			next := f.next(raw(value))
			slice.End, slice.Items = next.End, append(slice.Items, next.Items...)
		}
		slices = append(slices, slice)
	}
	settled := make(chan struct{})
	var all errgroup.Group
	worker, operator := b.quarantining(t), b.operator(t)
	all.Go(func() error {
		defer close(settled)
		for _, slice := range slices {
			if _, err := worker.Settle(t.Context(), []settle.Slice{slice}); err != nil {
				return err
			}
		}
		return nil
	})
	waited := 0
	for done := false; !done; {
		select {
		case <-settled:
			done = true // and once more, for what came last
		default:
		}
		for _, letter := range b.choose(settle.DeadLetterFilter{State: settle.Open, Reason: "amount_syntax"}) {
			b.discard(letter.ID)
		}
		operator.Handling = settle.NewHandling("operator@host", "waits")
		open := b.choose(settle.DeadLetterFilter{State: settle.Open})
		waited += len(open)
		b.requeueThese(operator, open)
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		got := b.rows("SELECT order_id FROM decided WHERE order_id LIKE $1 ORDER BY nth", name+"-%")
		want := b.rows("SELECT order_id FROM decided WHERE order_id LIKE $1 ORDER BY order_id", name+"-%")
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s was debited in the order %v", name, got)
		}
	}
	if n := b.row("SELECT count(*) FROM dead_letter WHERE resolution IS NULL"); n != "0" || waited == 0 {
		t.Errorf("%s letters are open, %d waited: want none, and some", n, waited)
	}
	b.audit()
}
