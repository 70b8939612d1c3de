package settle_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"deductor/consumer/settle"
	"deductor/ledger"
)

// Promise 5: the books balance, and promises 1 to 4 hold with it, over random
// histories: batches cut anywhere, over several partitions; redeliveries and
// replays; workers that die in mid-transaction, and zombies; orders that come
// again, conflict, and are attempted again. What is stored in the end is what a
// model says. A failure prints the seed of its history.
func TestPromise5_RandomHistories(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var all tally
	defer func() { t.Logf("%+v", all) }()
	rapid.Check(t, func(t *rapid.T) {
		h := newHistory(b.with(t), &all)
		t.Repeat(map[string]func(*rapid.T){
			"produce":   h.produce,
			"settle":    h.settle,
			"redeliver": h.redeliver,
			"crash":     h.crash,
			"reacquire": h.reacquire,
			"zombie":    h.zombie,
			"close":     h.close,
		})
		h.compare()
	})
}

// tally is what the histories were made of.
type tally struct {
	Batches, Crashes, Committed, Replays, Zombies int
	Outcomes                                      settle.Counts
}

// history is what happened so far.
type history struct {
	b     *bench
	model *model
	tally *tally
	feeds []*feed         // by partition
	next  map[*feed]int64 // where its worker reads on
	read  map[*feed]int64 // the watermark
}

func newHistory(b *bench, all *tally) *history {
	b.eventually("the servers of dead workers are gone", func() bool {
		return b.row("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1",
			watched) == "0"
	})
	b.exec(`TRUNCATE account, settlement_stripe, transfer, processed, declined_attempt, watermark, source, dead_letter,
	                 partition_halt, partition_intervention`)
	accounts := []ledger.NewAccount{
		customer("alice", 200),
		customer("bob", 20),
		{Name: "lender", Currency: "USD", Kind: ledger.Customer, OverdraftLimit: 50},
		{Name: "euro", Currency: "EUR", Kind: ledger.Customer, Balance: 50},
		{Name: "shop", Currency: "USD", Kind: ledger.Settlement},
	}
	b.open(accounts...)
	h := &history{b: b, tally: all, model: newModel(accounts...),
		next: make(map[*feed]int64), read: make(map[*feed]int64)}
	for partition := range int32(3) {
		h.feeds = append(h.feeds, b.acquire(partition))
	}
	return h
}

// messages are commands for few orders and accounts, so that they meet. Most
// ask for what their order always asks for.
var messages = rapid.Custom(func(t *rapid.T) string {
	n := rapid.IntRange(0, 39).Draw(t, "order")
	id, from, to, amount := fmt.Sprintf("o%d", n), "alice", "", int64(1+n)
	switch n % 4 {
	case 1:
		from, to = "bob", "shop"
	case 2:
		from, amount = "lender", 20
	case 3:
		to = "bob"
	}
	var options []func(map[string]any)
	switch rapid.IntRange(0, 19).Draw(t, "variation") {
	case 13:
		return "control record"
	case 14:
		return "no command"
	case 15, 16:
		amount = rapid.SampledFrom([]int64{1, 60, 200}).Draw(t, "amount")
	case 17:
		from = rapid.SampledFrom([]string{"alice", "bob", "euro", "shop", "nobody"}).Draw(t, "from")
	case 18:
		to = rapid.SampledFrom([]string{"alice", "bob", "euro", "shop", "nobody"}).Draw(t, "to")
	case 19:
		from, options = "euro", append(options, currency("EUR"))
	}
	if to != "" {
		options = append(options, credit(to))
	}
	if n := rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(t, "attempt"); n > 1 {
		options = append(options, attempt(n))
	}
	return string(pay(id, from, amount, options...).Value)
})

func (h *history) feed(t *rapid.T) *feed {
	return h.feeds[rapid.IntRange(0, len(h.feeds)-1).Draw(t, "partition")]
}

func (h *history) produce(t *rapid.T) {
	f := h.feed(t)
	for _, value := range rapid.SliceOfN(messages, 1, 20).Draw(t, "messages") {
		if value == "control record" {
			f.put(marker)
			continue
		}
		f.put(raw(value))
	}
}

// batch cuts a batch out of what was produced: of each partition from where its
// worker reads on or, again, from before it.
func (h *history) batch(t *rapid.T, again bool) []settle.Slice {
	var batch []settle.Slice
	for _, partition := range rapid.Permutation([]int{0, 1, 2}).Draw(t, "partitions") {
		f := h.feeds[partition]
		start := h.next[f]
		if again {
			start = rapid.Int64Range(0, start).Draw(t, "start")
		}
		end := rapid.Int64Range(start, f.end()).Draw(t, "end")
		if end > start {
			batch = append(batch, f.slice(start, end))
		}
	}
	return batch
}

// something is a batch that is not empty; without one, nothing has happened.
func (h *history) something(t *rapid.T) []settle.Slice {
	batch := h.batch(t, rapid.Bool().Draw(t, "again"))
	if len(batch) == 0 {
		t.Skip("nothing to settle")
	}
	return batch
}

// run settles a batch and compares what became of it.
func (h *history) run(batch []settle.Slice) {
	got := h.b.settle(batch...)
	if want := h.model.settle(batch...); got != want {
		h.b.t.Fatalf("counts %v, want %v", got, want)
	}
	h.tally.Batches++
	h.tally.Outcomes.Add(got)
	for _, slice := range batch {
		f := h.feeds[slice.Key.Partition]
		h.next[f] = slice.End
		h.read[f] = max(h.read[f], slice.End)
	}
}

func (h *history) settle(t *rapid.T) {
	h.produce(t)
	if batch := h.batch(t, false); len(batch) > 0 {
		h.run(batch)
	}
}

func (h *history) redeliver(t *rapid.T) { h.run(h.something(t)) }

// crash is a worker that dies in mid-transaction, and the next one that reads
// the same records.
func (h *history) crash(t *rapid.T) {
	batch := h.something(t)
	cut := &cutter{
		fromServer: rapid.Bool().Draw(t, "cut what the server sends"),
		how:        rapid.SampledFrom([]verdict{cutBefore, cutInside}).Draw(t, "cut"),
		n:          rapid.IntRange(1, 110).Draw(t, "at message"),
	}
	moved := func(f *feed) string {
		return h.b.row("SELECT updated_at FROM watermark WHERE partition = $1", f.key.Partition)
	}
	first := h.feeds[batch[0].Key.Partition]
	before := moved(first)
	h.b.settleAndDie(cut, batch...)
	h.tally.Crashes++
	for i := range batch { // this waits for what the dead worker's server still does
		f := h.feeds[batch[i].Key.Partition]
		h.b.reacquire(f, &batch[i].Start)
		batch[i] = f.slice(batch[i].Start, batch[i].End)
	}
	if moved(first) != before {
		h.tally.Committed++ // by the dead worker
		h.model.settle(batch...)
	}
	h.run(batch)
}

// reacquire is a rebalance, or a replay when the committed offset was reset.
func (h *history) reacquire(t *rapid.T) {
	f := h.feed(t)
	committed := rapid.Int64Range(0, f.end()).Draw(t, "committed")
	h.b.reacquire(f, &committed)
	if want := min(committed, h.read[f]); f.Offset != want {
		t.Fatalf("partition %d goes on at %d, want %d", f.key.Partition, f.Offset, want)
	}
	if h.next[f] > f.Offset {
		h.tally.Replays++
	}
	h.next[f] = f.Offset
}

// zombie is a worker that lost one of its partitions: nothing becomes of its
// batch.
func (h *history) zombie(t *rapid.T) {
	batch := h.something(t)
	lost := &batch[rapid.IntRange(0, len(batch)-1).Draw(t, "lost")]
	lost.Epoch--
	_, err := h.b.settler.Settle(t.Context(), batch)
	var fenced *settle.FenceError
	if !errors.As(err, &fenced) || len(fenced.Losses) != 1 || fenced.Losses[0].Key != lost.Key {
		t.Fatalf("error %v, want a FenceError of partition %d", err, lost.Key.Partition)
	}
	h.tally.Zombies++
}

func (h *history) close(t *rapid.T) {
	name := rapid.SampledFrom([]string{"bob", "lender", "shop"}).Draw(t, "account")
	h.b.administer(func(tx pgx.Tx) error { return ledger.Close(t.Context(), tx, name) })
	h.model.accounts[name].closed = true
}

// compare compares what is stored in the end.
func (h *history) compare() {
	b := h.b
	if got, want := b.state(), h.model.String(); got != want {
		b.t.Errorf("stored:\n%s\n\nwant:\n%s", got, want)
	}
	for _, f := range h.feeds {
		b.wantWatermark(f, h.read[f])
	}
	b.audit()
	if b.t.Failed() {
		b.t.Fatalf("the history does not end as it should")
	}
}
