package intake_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/intake"
)

// transaction is a producer with one open transaction at a time.
type transaction struct {
	b      *bundle
	client *kgo.Client
	open   bool
}

func (b *bundle) transaction(id string) *transaction {
	return &transaction{b: b, client: b.client(kgo.TransactionalID(id))}
}

func (x *transaction) write(partition int32, values ...string) {
	x.b.t.Helper()
	if !x.open {
		if err := x.client.BeginTransaction(); err != nil {
			x.b.t.Fatal(err)
		}
		x.open = true
	}
	x.b.produce(x.client, partition, values...)
}

func (x *transaction) end(how kgo.TransactionEndTry) {
	x.b.t.Helper()
	if err := x.client.EndTransaction(x.b.t.Context(), how); err != nil {
		x.b.t.Fatal(err)
	}
	x.open = false
}

func TestPromise7_AbortedRecordsAreNeverDelivered(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, func(c *intake.Config) { c.PartitionMaxBytes = 600 }) // so that answers begin within transactions
	plain := b.client()
	producers := []*transaction{b.transaction("a"), b.transaction("b"), b.transaction("c")}
	pending := make([][]string, len(producers))
	var committed []string
	r := b.assign(0, intake.At(0), true)
	for i := range 300 {
		who := rand.IntN(len(producers) + 1)
		if who == len(producers) {
			value := fmt.Sprintf("plain-%d", i)
			b.produce(plain, 0, value)
			committed = append(committed, value)
			continue
		}
		x := producers[who]
		switch how := rand.IntN(6); {
		case x.open && how == 0:
			x.end(kgo.TryAbort)
			pending[who] = nil
		case x.open && how == 1:
			x.end(kgo.TryCommit)
			committed = append(committed, pending[who]...)
			pending[who] = nil
		default:
			value := fmt.Sprintf("%d-%d", who, i)
			x.write(0, value)
			pending[who] = append(pending[who], value)
		}
	}
	for _, x := range producers {
		if x.open {
			x.end(kgo.TryAbort)
		}
	}
	end := b.kafka.PartitionInfo(topic, 0).HighWatermark
	got := r.reach(end) // past the last marker
	slices.Sort(got)
	slices.Sort(committed)
	r.want(got, committed)

	again := b.assign(0, intake.At(end/2), true) // as after a restart
	for _, value := range again.reach(end) {
		if _, ok := slices.BinarySearch(committed, value); !ok {
			t.Errorf("read from the middle, %s was delivered", value)
		}
	}
}

func TestPromise7_UndecidedRecordsWait(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil)
	r := b.assign(0, intake.At(0), true)
	x := b.transaction("x")
	plain := b.client()
	b.produce(plain, 0, "before")
	x.write(0, "aborted")
	b.produce(plain, 0, "behind")
	r.want(r.reach(1), []string{"before"})
	eventually(t, "fetch of all", func() bool { return b.fetcher.Stats()[0].HighWatermark == 3 })
	if s := b.fetcher.Stats()[0]; s.LastStable != 1 || s.Position != 1 || s.Lag() != 0 {
		t.Errorf("with a transaction open: %+v", s)
	}
	x.end(kgo.TryAbort)
	r.want(r.reach(4), []string{"before", "behind"})
}

// Chunks without a record move the position too.
func TestPromise7_PositionPassesAbortedTransactions(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil)
	x := b.transaction("x")
	x.write(0, "aborted")
	x.end(kgo.TryAbort)
	r := b.assign(0, intake.At(0), false)
	if got := r.reach(2); len(got) > 0 {
		t.Errorf("delivered %q", got)
	}
	x.write(0, "committed")
	x.end(kgo.TryCommit)
	r.want(r.reach(4), []string{"committed"})
	onlyMarker := b.assign(0, intake.At(3), false)
	if got := onlyMarker.reach(4); len(got) > 0 {
		t.Errorf("delivered %q", got)
	}
}

func TestPromise7_HandmadeTransactions(t *testing.T) {
	t.Parallel()
	batches := []handmade{
		{base: 0, producer: 1, flags: transactional, values: []string{"aborted 1"}},
		{base: 1, producer: 2, flags: transactional, values: []string{"committed 2"}},
		{
			base: 2, producer: 1, flags: transactional, values: []string{"aborted 1", "aborted 1"},
			codec: kgo.GzipCompression(),
		},
		{base: 4, values: []string{"plain"}},
		marker(5, 1, false),
		{base: 6, producer: 1, flags: transactional, values: []string{"committed 1"}},
		marker(7, 2, true),
		{base: 8, producer: 2, flags: transactional, values: []string{"aborted 2"}},
		marker(9, 1, true),
		{base: 10, producer: 1, flags: transactional, values: []string{"aborted 1"}},
		marker(11, 2, false),
		marker(12, 1, false),
	}
	p := answer(join(t, batches...), abortedFrom(2, 8), abortedFrom(1, 10), abortedFrom(1, 0))
	got, err := intake.DecodePartition(p, 0, true, false)
	want := []string{"1=committed 2", "4=plain", "6=committed 1"}
	if err != nil || got.End != 13 || !slices.Equal(texts(got.Records), want) {
		t.Errorf("got %q up to %d, %v", texts(got.Records), got.End, err)
	}
}
