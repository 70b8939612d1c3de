package intake_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"deductor/consumer/intake"
)

func TestEveryRecordComesInOrder(t *testing.T) {
	t.Parallel()
	codecs := map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}
	for name, codec := range codecs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const partitions, records = 5, 300
			b := setup(t, 3, partitions, nil)
			client := b.client(kgo.ProducerBatchCompression(codec))
			receivers := make([]*receiver, partitions)
			sent := make([][]string, partitions)
			for p := range receivers {
				receivers[p] = b.assign(int32(p), intake.At(0), true)
			}
			for len(sent[partitions-1]) < records {
				for p := range sent {
					batch := values(name, len(sent[p]), min(1+rand.IntN(60), records-len(sent[p])))
					b.produce(client, int32(p), batch...)
					sent[p] = append(sent[p], batch...)
				}
			}
			for p, r := range receivers {
				r.want(r.reach(int64(len(sent[p]))), sent[p])
			}
			if err := b.fetcher.Healthy(); err != nil {
				t.Errorf("not healthy: %v", err)
			}
		})
	}
}

func TestRecordsComeWhole(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil)
	at := time.UnixMilli(1_700_000_000_123)
	sent := &kgo.Record{
		Key: []byte("k"), Value: nil, Timestamp: at, Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("v")}},
	}
	if err := b.client().ProduceSync(t.Context(), sent).FirstErr(); err != nil {
		t.Fatal(err)
	}
	r := b.assign(0, intake.At(0), true)
	r.reach(1)
	c := r.chunks[0]
	got := c.Records[0]
	if string(got.Key) != "k" || got.Value != nil || !got.Timestamp.Equal(at) ||
		len(got.Headers) != 1 || string(got.Headers[0].Value) != "v" || got.Topic != topic {
		t.Errorf("got %+v", got)
	}
	if c.Partition != 0 || c.HighWatermark != 1 || c.LastStable != 1 || c.LogStart != 0 || c.LeaderEpoch < 0 {
		t.Errorf("got %+v", c)
	}
}

func TestOffsetInTheMiddleOfABatch(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil)
	sent := values("v", 0, 20)
	client := b.client()
	b.produce(client, 0, sent[:10]...)
	b.produce(client, 0, sent[10:]...)
	for _, first := range []int64{0, 7, 10, 19} {
		r := b.assign(0, intake.At(first), true)
		r.want(r.reach(20), sent[first:])
	}
}

// Offsets of one batch, which is larger than the bounds of an answer.
func TestBatchLargerThanTheBounds(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 3, func(c *intake.Config) { c.MaxBytes, c.PartitionMaxBytes = 2000, 1000 })
	client := b.client()
	for p := range int32(3) {
		b.produce(client, p, strings.Repeat("x", 50_000), "y")
	}
	for p := range int32(3) {
		r := b.assign(p, intake.At(0), true)
		r.reach(2)
	}
}

// An answer has room for one partition's batch only: they take turns.
func TestPartitionsTakeTurns(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 2, func(c *intake.Config) { c.MaxBytes, c.PartitionMaxBytes = 1000, 1000 })
	client := b.client()
	const batches = 50
	for range batches {
		b.produce(client, 0, strings.Repeat(".", 900))
	}
	b.produce(client, 1, strings.Repeat(".", 900))
	held, open := b.hold()
	long, short := b.assign(0, intake.At(0), true), b.assign(1, intake.At(0), true)
	<-held
	var when int64
	short.onChunk = func() { when = long.at() }
	open()
	short.reach(1)
	if long.reach(batches); when > 5 {
		t.Errorf("partition 1 had to wait for %d of the %d batches of partition 0", when, batches)
	}
}

// hold makes the brokers hold fetches until open is called; held tells of each.
func (b *bundle) hold() (held <-chan struct{}, open func()) {
	gate, seen := make(chan struct{}), make(chan struct{}, 100)
	b.kafka.ControlKey(kmsg.Fetch.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
		b.kafka.KeepControl()
		select {
		case <-gate:
		default:
			seen <- struct{}{}
			b.kafka.SleepControl(func() { <-gate })
		}
		return nil, nil, false
	})
	return seen, func() { close(gate) }
}

func TestNothingComesAfterUnassign(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 2, nil)
	client := b.client()
	stays := b.assign(1, intake.At(0), true)
	gone := b.assign(0, intake.At(0), true)
	b.produce(client, 0, "first")
	b.produce(client, 1, "first")
	gone.reach(1)
	stays.reach(1)

	held, open := b.hold()
	b.produce(client, 0, "second")
	b.produce(client, 1, "second")
	<-held // a fetch of both is under way
	b.fetcher.Unassign(0)
	open()
	stays.reach(2)
	b.produce(client, 1, "third") // comes by a later answer, so the one before is dealt with
	stays.reach(3)
	gone.want(gone.values(), []string{"first"})
	if stats := b.fetcher.Stats(); len(stats) != 1 || stats[0].BufferedBytes != 0 {
		t.Errorf("what was fetched for the old assignment counts: %+v", stats)
	}
	again := b.assign(0, intake.At(0), true)
	again.want(again.reach(2), []string{"first", "second"})
}

// Unassign returns only after a call of the receiver that is under way.
func TestUnassignWaitsForItsReceiver(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil)
	b.produce(b.client(), 0, "v")
	inside, leave := make(chan struct{}), make(chan struct{})
	r := newReceiver(t, 0, true)
	r.onChunk = func() { close(inside); <-leave }
	b.fetcher.Assign(0, intake.At(0), r)
	<-inside
	returned := make(chan struct{})
	go func() { b.fetcher.Unassign(0); close(returned) }()
	eventually(t, "end of the assignment", func() bool { return len(b.fetcher.Stats()) == 0 })
	select {
	case <-returned:
		t.Error("Unassign returned while its receiver was called")
	case <-time.After(20 * time.Millisecond):
	}
	close(leave)
	<-returned
}

func TestAssignAgainAtAnEarlierOffset(t *testing.T) {
	t.Parallel()
	b := setup(t, 2, 1, nil)
	client := b.client()
	sent := values("v", 0, 50)
	for i := range 5 {
		b.produce(client, 0, sent[10*i:10*i+10]...)
	}
	old := b.assign(0, intake.At(40), false)
	old.want(old.reach(50), sent[40:])
	held, open := b.hold()
	b.produce(client, 0, "late")
	<-held
	again := b.assign(0, intake.At(3), false) // the old one's fetch is under way
	open()
	again.want(again.reach(51), append(sent[3:], "late"))
	old.want(old.values(), sent[40:])

	before := b.buffered(0)
	old.releaseAll()
	if got := b.buffered(0); got != before || before == 0 {
		t.Errorf("releasing chunks of the old assignment changed the new one's buffer from %d to %d", before, got)
	}
	again.releaseAll()
	if got := b.buffered(0); got != 0 {
		t.Errorf("%d bytes are buffered when all are released", got)
	}
}

// A fetch that a broker holds because there are no records must not delay a new assignment.
func TestAssignDoesNotWaitForALongPoll(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 2, func(c *intake.Config) { c.MaxWait = time.Minute })
	b.produce(b.client(), 1, "v")
	polling := b.kafka.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Observe: true, Count: -1})
	b.assign(0, intake.At(0), true)
	if err := polling.Wait(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	b.assign(1, intake.At(0), true).reach(1)
	if n := b.log.count("kafka unreachable"); n > 0 {
		t.Error("a fetch that was given up counts as a broker that does not answer")
	}
}

func TestAssignBeforeRun(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil)
	b.produce(b.client(), 0, "v")
	idle, err := intake.NewFetcher(b.cluster)
	if err != nil {
		t.Fatal(err)
	}
	r := newReceiver(t, 0, true)
	idle.Assign(0, intake.At(0), r)
	b.run(idle)
	r.reach(1)
}

func TestStats(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 2, nil)
	client := b.client()
	b.produce(client, 1, values("v", 0, 3)...)
	if got := b.fetcher.Stats(); len(got) != 0 {
		t.Errorf("stats of nothing: %+v", got)
	}
	r := b.assign(1, intake.At(1), false)
	r.reach(3)
	eventually(t, "fetch at the end", func() bool { s := b.fetcher.Stats()[0]; return s.LastProgress.Equal(s.LastFetch) })
	got := b.fetcher.Stats()[0]
	if got.Partition != 1 || got.Leader != 0 || got.Position != 3 || got.HighWatermark != 3 || got.LastStable != 3 ||
		got.LogStart != 0 || got.BufferedBytes != r.chunks[0].Bytes || got.Trouble != nil || got.Lag() != 0 {
		t.Errorf("got %+v", got)
	}
	if lag := (intake.PartitionStats{Position: 4, LastStable: 9}).Lag(); lag != 5 {
		t.Errorf("lag %d", lag)
	}
}

// An idle fetcher asks about twice a second, not without pause, also while a transaction is open.
func TestIdleFetcherIsIdle(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 2, func(c *intake.Config) { c.MaxWait = time.Minute })
	open := b.transaction("open")
	open.write(0, "undecided")
	fetches := b.kafka.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Observe: true, Count: -1})
	r := b.assign(0, intake.At(0), true)
	other := b.assign(1, intake.At(0), true)
	b.produce(b.client(), 1, "v")
	other.reach(1)
	open.end(kgo.TryCommit)
	r.want(r.reach(2), []string{"undecided"})
	if n := fetches.Hits(); n > 6 {
		t.Errorf("%d fetches for 2 answers with records", n)
	}
}
