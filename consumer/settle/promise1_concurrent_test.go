package settle_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"deductor/consumer/settle"
)

var seed = flag.Uint64("settle.seed", 0, "seed of the test with concurrent settlers; 0 for a random one")

// lingering makes the database take its time, so that transactions overlap.
const lingering = `
	CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.001); RETURN NEW; END $$;
	CREATE TRIGGER linger BEFORE INSERT ON processed FOR EACH ROW EXECUTE FUNCTION linger();
	CREATE TRIGGER linger BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION linger()`

// Promise 1: at most once, with workers that settle the same orders at the same
// time: the same command and other attempts, on accounts that all of them want;
// and conflicting ones on accounts of each one's own, whose locks therefore
// don't keep them apart.
func TestPromise1_ConcurrentSettlers(t *testing.T) {
	t.Parallel()
	const workers, batches = 5, 30
	source := *seed
	if source == 0 {
		source = rand.Uint64()
	}
	t.Logf("again with -settle.seed=%d", source)
	b := newBench(t)
	b.exec(lingering)
	common := b.openSome("common")
	met := &errorStates{count: make(map[string]int)}
	var lockedFirst atomic.Int64
	watch := func(m message) verdict {
		if m.kind == 'B' && strings.Contains(m.text, "FOR NO KEY UPDATE") {
			lockedFirst.Add(1)
		}
		return met.watch(m)
	}
	var feeds []*feed
	var all errgroup.Group
	for worker := range workers {
		f, g := b.acquire(int32(2*worker)), b.acquire(int32(2*worker+1))
		feeds = append(feeds, f, g)
		config := b.untroubled()
		config.Connect = b.connectWatched(watch)
		settler := closing(t, config)
		random := rand.New(rand.NewPCG(source, uint64(worker)))
		accounts := [][]string{common, b.openSome(fmt.Sprintf("worker-%d", worker))}
		all.Go(func() error {
			for range batches {
				wanted := accounts[random.IntN(2)]
				batch := []settle.Slice{f.next(contested(random, wanted)...), g.next(contested(random, wanted)...)}
				if _, err := settler.Settle(t.Context(), batch); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("errors that were met, by SQLSTATE: %v; tries that locked accounts first: %d", met.count, lockedFirst.Load())
	// A batch whose accounts moved three times locks them before its orders, and may
	// meet several that do it the other way round, one after the other.
	if n := met.count["40P01"]; n > 0 && lockedFirst.Load() == 0 {
		t.Errorf("%d deadlocks, and no batch locked its accounts first: locks are not taken in one order", n)
	}
	if met.count["23505"] == 0 {
		t.Error("no order was decided by two workers at the same time: the test is too tame")
	}
	b.audit()
	b.wantEachOnce()
	for _, f := range feeds {
		b.wantOutcomes(f)
	}
}

// wantEachOnce looks for orders that were debited twice and for commands that
// were set aside for another reason than a conflict. There must be outcomes of
// each kind.
func (b *bench) wantEachOnce() {
	b.t.Helper()
	if twice := b.rows("SELECT reference FROM transfer GROUP BY reference HAVING count(*) > 1"); len(twice) > 0 {
		b.t.Errorf("orders %q were debited more than once", twice)
	}
	if reasons := b.rows("SELECT DISTINCT reason FROM dead_letter"); !slices.Equal(reasons, []string{"order_conflict"}) {
		b.t.Errorf("dead letters for %q, want order_conflict alone", reasons)
	}
	for _, table := range []string{"transfer", "processed WHERE outcome = 2", "declined_attempt", "dead_letter"} {
		if n := b.row("SELECT count(*) FROM " + table); n == "0" {
			b.t.Errorf("nothing in %s: the test is too tame", table)
		}
	}
}

// errorStates counts errors by SQLSTATE.
type errorStates struct {
	mu    sync.Mutex
	count map[string]int
}

func (e *errorStates) watch(m message) verdict {
	if m.fromServer && m.kind == 'E' {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.count[m.text]++
	}
	return pass
}

// openSome opens a few accounts whose money is not enough for all.
func (b *bench) openSome(owner string) []string {
	b.t.Helper()
	var names []string
	for i := range 4 {
		names = append(names, fmt.Sprintf("%s-%d", owner, i))
		b.open(customer(names[i], 3_000))
	}
	return names
}

// contested are commands for orders that other workers are about to see too.
func contested(random *rand.Rand, accounts []string) []*kgo.Record {
	records := make([]*kgo.Record, random.IntN(25))
	for i := range records {
		order := random.IntN(500)
		from, amount := order%len(accounts), int64(1+order)
		if random.IntN(4) == 0 { // another payload
			from, amount = random.IntN(len(accounts)), int64(1+random.IntN(500))
		}
		options := []func(map[string]any){attempt(1 + random.IntN(3))}
		if to := random.IntN(len(accounts)); random.IntN(3) == 0 && to != from {
			options = append(options, credit(accounts[to]))
		}
		records[i] = pay(fmt.Sprintf("order-%d", order), accounts[from], amount, options...)
	}
	return records
}

// wantOutcomes looks for the outcome of each record: an answer to its order, or
// a dead letter of its own.
func (b *bench) wantOutcomes(f *feed) {
	b.t.Helper()
	b.wantWatermark(f, f.end())
	answered := b.orders()
	setAside := make(map[string]bool)
	for _, offset := range b.rows("SELECT record_offset FROM dead_letter WHERE source_id = $1", f.SourceID) {
		setAside[offset] = true
	}
	for _, item := range f.all().Items {
		if answered[item.Command.OrderID] == "" && !setAside[fmt.Sprint(item.Record.Offset)] {
			b.t.Errorf("offset %d of partition %d has no outcome: %s", item.Record.Offset, f.key.Partition, item.Record.Value)
		}
	}
}
