package settle_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"deductor/consumer/settle"
)

var seed = flag.Uint64("settle.seed", 0, "seed of the test with concurrent settlers; 0 for a random one")

// Promise 1: at most once, with workers that settle the same orders at the same
// time: the same command, other attempts, and conflicting ones on other
// accounts, whose locks therefore don't keep them apart.
func TestPromise1_ConcurrentSettlers(t *testing.T) {
	t.Parallel()
	const workers, batches, accounts = 5, 40, 6
	source := *seed
	if source == 0 {
		source = rand.Uint64()
	}
	t.Logf("again with -settle.seed=%d", source)
	b := newBench(t)
	for i := range accounts {
		b.open(customer(fmt.Sprintf("account-%d", i), 5_000))
	}
	feeds := make([][]*feed, workers)
	var all errgroup.Group
	for worker := range workers {
		feeds[worker] = []*feed{b.acquire(int32(2 * worker)), b.acquire(int32(2*worker + 1))}
		settler := closing(t, b.untroubled())
		random := rand.New(rand.NewPCG(source, uint64(worker)))
		all.Go(func() error {
			for range batches {
				var batch []settle.Slice
				for _, f := range feeds[worker] {
					batch = append(batch, f.next(contested(random, accounts)...))
				}
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
	b.audit()
	if twice := b.rows("SELECT reference, count(*) FROM transfer GROUP BY reference HAVING count(*) > 1"); len(twice) > 0 {
		t.Errorf("debited more than once: %q", twice)
	}
	for _, pair := range feeds {
		for _, f := range pair {
			b.wantOutcomes(f)
		}
	}
	for _, what := range []string{
		"SELECT count(*) FROM transfer",
		"SELECT count(*) FROM processed WHERE outcome = 2",
		"SELECT count(*) FROM declined_attempt",
		"SELECT count(*) FROM dead_letter",
	} {
		if n := b.row(what); n == "0" {
			t.Errorf("%s: none, the test is too tame", what)
		}
	}
}

// contested are commands for orders that other workers are about to see too.
func contested(random *rand.Rand, accounts int) []*kgo.Record {
	records := make([]*kgo.Record, random.IntN(25))
	for i := range records {
		order := random.IntN(300)
		account, amount := order%accounts, int64(order)
		if random.IntN(4) == 0 { // another payload
			account, amount = random.IntN(accounts), int64(1+random.IntN(500))
		}
		options := []func(map[string]any){attempt(1 + random.IntN(3))}
		if to := random.IntN(accounts); random.IntN(3) == 0 && to != account {
			options = append(options, credit(fmt.Sprintf("account-%d", to)))
		}
		records[i] = pay(fmt.Sprintf("order-%d", order), fmt.Sprintf("account-%d", account), 1+amount, options...)
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
