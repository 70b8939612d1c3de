package settle_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"deductor/consumer/settle"
)

// Commands of one account are decided in the order of their records, with a
// worker in quarantine running and an operator who discards what is malformed
// and requeues what waits.
func TestQuarantineKeepsTheOrder(t *testing.T) {
	t.Parallel()
	source := *seed
	if source == 0 {
		source = rand.Uint64()
	}
	t.Logf("again with -settle.seed=%d", source)
	names := []string{"alice", "bob"}
	b := newBench(t, customer(names[0], 1_000_000), customer(names[1], 1_000_000))
	b.exec(lingering + ";" + noting)
	batches := b.acquire(0).numbered(rand.New(rand.NewPCG(source, 0)), names, 40)

	worker, settled := b.quarantining(t), make(chan struct{})
	var working errgroup.Group
	working.Go(func() error {
		defer close(settled)
		for _, batch := range batches {
			if _, err := worker.Settle(t.Context(), []settle.Slice{batch}); err != nil {
				return err
			}
		}
		return nil
	})
	waited := b.resolveUntil(settled, b.operator(t))
	if err := working.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b.wantDecidedInOrder(name)
	}
	if n := b.row("SELECT count(*) FROM dead_letter WHERE resolution IS NULL"); n != "0" || waited == 0 {
		t.Errorf("%s letters are open, %d waited: want none, and some", n, waited)
	}
	b.audit()
}

// noting makes the database note orders in the order in which they are decided.
const noting = `
	CREATE TABLE decided (nth bigint GENERATED ALWAYS AS IDENTITY, order_id text COLLATE "C");
	GRANT INSERT ON decided TO PUBLIC;
	CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN INSERT INTO decided (order_id) VALUES (NEW.order_id); RETURN NEW; END $$;
	CREATE TRIGGER note AFTER INSERT ON processed FOR EACH ROW EXECUTE FUNCTION note()`

// numbered appends batches of up to six commands. Orders are called after who
// pays and their offset, so that they sort as they were produced; one command in
// eight is malformed.
func (f *feed) numbered(random *rand.Rand, accounts []string, batches int) []settle.Slice {
	all := make([]settle.Slice, batches)
	for i := range all {
		start := f.end()
		for range 1 + random.IntN(6) {
			account := accounts[random.IntN(len(accounts))]
			if random.IntN(8) == 0 {
				f.put(raw(strings.ReplaceAll(badAlice, "alice", account)))
				continue
			}
			f.put(pay(fmt.Sprintf("%s-%06d", account, f.end()), account, 1))
		}
		all[i] = f.slice(start, f.end())
	}
	return all
}

// resolveUntil discards what is malformed and requeues what waits for it, again
// and again until all is settled, and then once more. It returns how many letters
// waited.
func (b *bench) resolveUntil(settled <-chan struct{}, operator *settle.Requeuer) (waited int) {
	b.t.Helper()
	for last := false; !last; {
		select {
		case <-settled:
			last = true
		default:
		}
		for _, letter := range b.choose(settle.DeadLetterFilter{State: settle.Open, Reason: "amount_syntax"}) {
			b.discard(letter.ID)
		}
		operator.Handling = settle.NewHandling("operator@host", "waits") // a run of its own
		open := b.choose(settle.DeadLetterFilter{State: settle.Open})
		waited += len(open)
		b.requeueThese(operator, open)
	}
	return waited
}

// wantDecidedInOrder expects that the account's orders were decided as they were
// produced.
func (b *bench) wantDecidedInOrder(account string) {
	b.t.Helper()
	got := b.rows("SELECT order_id FROM decided WHERE order_id LIKE $1 ORDER BY nth", account+"-%")
	if len(got) == 0 || !slices.IsSorted(got) {
		b.t.Errorf("%s's orders were decided as %v", account, got)
	}
}
