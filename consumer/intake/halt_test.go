package intake_test

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"deductor/consumer/intake"
)

func TestOffsetBeforeTheLog(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 2, nil)
	client := b.client()
	for _, v := range values("v", 0, 10) {
		b.produce(client, 0, v)
		b.produce(client, 1, v)
	}
	if err := b.kafka.DeleteRecords(topic, 0, 5); err != nil {
		t.Fatal(err)
	}
	failed, goesOn := b.assign(0, intake.At(2), true), b.assign(1, intake.At(0), true)
	err := isHalt[*intake.OutOfRangeError](t, failed.failure(), "offset_out_of_range")
	if *err != (intake.OutOfRangeError{Topic: topic, Partition: 0, Offset: 2, LogStart: 5, LogEnd: 10}) {
		t.Errorf("got %+v", err)
	}
	goesOn.reach(10)
	if err := b.fetcher.Healthy(); err != nil {
		t.Errorf("a partition that failed makes the fetcher unhealthy: %v", err)
	}
	if s := b.fetcher.Stats()[0]; !errors.Is(s.Trouble, err) {
		t.Errorf("stats: %+v", s)
	}
	b.produce(client, 0, "more")
	b.produce(client, 1, "more")
	goesOn.reach(11)
	b.assign(0, intake.At(5), true).reach(11)
}

func TestOffsetBehindTheLog(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil)
	b.produce(b.client(), 0, "v")
	err := isHalt[*intake.OutOfRangeError](t, b.assign(0, intake.At(7), true).failure(), "offset_out_of_range")
	if *err != (intake.OutOfRangeError{Topic: topic, Partition: 0, Offset: 7, LogStart: 0, LogEnd: 1}) {
		t.Errorf("got %+v", err)
	}
}

// What the broker calls out of range and is not any more when asked is read again.
func TestOffsetOutOfRangeForAMoment(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil)
	b.produce(b.client(), 0, "v")
	b.kafka.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: topic, Err: kerr.OffsetOutOfRange, Count: 2})
	b.assign(0, intake.At(0), true).reach(1)
}

func TestGap(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil)
	before, behind := handmade{base: 4, values: []string{"a", "b"}}, handmade{base: 7, values: []string{"d"}}
	b.forge(oneThenAlways(answer(join(t, before, behind)), answer(join(t, behind))))
	r := b.assign(0, intake.At(4), true)
	err := isHalt[*intake.GapError](t, r.failure(), "offset_gap")
	if err.Partition != 0 || err.Topic != topic || err.Expected != 6 || err.Got != 7 {
		t.Errorf("got %+v", err)
	}
	r.want(r.values(), []string{"a", "b"})
}

func TestCompactedTopic(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil)
	const compacted = "compacted"
	if err := b.kafka.CreateTopic(compacted, 1, map[string]string{
		"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0", "segment.bytes": "200",
	}); err != nil {
		t.Fatal(err)
	}
	client := b.client(kgo.DefaultProduceTopic(compacted))
	for i := range 20 {
		record := &kgo.Record{Key: []byte("other"), Value: []byte("v")}
		if i == 0 {
			record.Key = []byte("first") // the others' values but the last go
		}
		if err := client.ProduceSync(t.Context(), record).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	b.kafka.Compact()
	cluster := newCluster(t, intake.Config{Brokers: b.kafka.ListenAddrs(), Topic: compacted})
	fetcher, err := intake.NewFetcher(cluster)
	if err != nil {
		t.Fatal(err)
	}
	b.run(fetcher)
	r := newReceiver(t, 0, true)
	fetcher.Assign(0, intake.At(0), r)
	_ = isHalt[*intake.GapError](t, r.failure(), "offset_gap")
}

func TestCorruptBatch(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 2, nil)
	good, bad := handmade{base: 0, values: []string{"a"}}.bytes(t), handmade{base: 1, values: []string{"b"}}.bytes(t)
	bad[len(bad)-2] ^= 1
	b.forge(oneThenAlways(answer(slices.Concat(good, bad)), answer(bad)))
	r := b.assign(0, intake.At(0), true)
	err := isHalt[*intake.CorruptError](t, r.failure(), "corrupt_batch")
	if err.Offset != 1 || !strings.Contains(err.Error(), "crc") {
		t.Errorf("got %+v", err)
	}
	r.want(r.values(), []string{"a"})
}

// A bit that flipped on the way is right the next time.
func TestCorruptAnswerOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil)
	b.produce(b.client(), 0, "v")
	wire := handmade{base: 0, values: []string{"v"}}.bytes(t)
	wire[len(wire)-2] ^= 1
	spoilt := always(answer(wire))
	b.forge(func(n int) *kmsg.FetchResponseTopicPartition {
		if n < 2 {
			return spoilt(n)
		}
		return nil
	})
	r := b.assign(0, intake.At(0), true)
	r.want(r.reach(1), []string{"v"})
	if b.log.count("partition cannot be read for now") != 1 {
		t.Errorf("log: %q", b.log.lines)
	}
	b.log.await(t, "partition is read again", 1)
}

func TestBatchThatTheBrokerCannotRead(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil)
	b.kafka.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: topic, Err: kerr.CorruptMessage, Count: -1})
	err := isHalt[*intake.CorruptError](t, b.assign(0, intake.At(0), true).failure(), "corrupt_batch")
	if !errors.Is(err, kerr.CorruptMessage) {
		t.Errorf("got %v", err)
	}
}

// A length that claims more than there is looks like a batch cut short, which is normal, until the
// partition is asked for alone.
func TestBatchThatNeverComesWhole(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 2, nil)
	neighbour := b.assign(1, intake.At(0), true)
	wire := handmade{base: 0, values: []string{"v"}}.bytes(t)
	wire[9] = 1
	asked := b.forge(always(answer(wire)))
	r := b.assign(0, intake.At(0), true)
	_ = isHalt[*intake.CorruptError](t, r.failure(), "corrupt_batch")
	if first := <-asked; len(first) != 2 {
		t.Errorf("at first %d partitions were asked for", len(first))
	}
	if second := <-asked; len(second) != 1 {
		t.Errorf("then %d partitions were asked for", len(second))
	}
	b.produce(b.client(), 1, "v")
	neighbour.reach(1)
}

func TestBatchTooLarge(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, func(c *intake.Config) { c.MaxBatchBytes = 1000 })
	packed := b.client(kgo.ProducerBatchCompression(kgo.ZstdCompression()))
	b.produce(packed, 0, "small")
	b.produce(packed, 0, values("v", 0, 100)...)
	b.produce(packed, 0, "small")
	r := b.assign(0, intake.At(0), true)
	err := isHalt[*intake.BatchTooLargeError](t, r.failure(), "batch_too_large")
	if *err != (intake.BatchTooLargeError{Topic: topic, Partition: 0, Start: 1, End: 101, Limit: 1000}) {
		t.Errorf("got %+v", err)
	}
	r.want(r.values(), []string{"small"})
	b.assign(0, intake.At(101), true).reach(102)
}

func TestTruncatedLog(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil)
	diverged := answer(nil)
	diverged.DivergingEpoch.Epoch, diverged.DivergingEpoch.EndOffset = 4, 17
	asked := b.forge(always(diverged))
	r := b.assign(0, intake.Position{Offset: 20, LeaderEpoch: 5}, true)
	err := isHalt[*intake.TruncatedError](t, r.failure(), "log_truncated")
	if *err != (intake.TruncatedError{Topic: topic, Offset: 20, Epoch: 5, LogEpoch: 4, LogEnd: 17}) {
		t.Errorf("got %+v", err)
	}
	if p := (<-asked)[0]; p.LastFetchedEpoch != 5 || p.FetchOffset != 20 {
		t.Errorf("asked %+v", p)
	}
}

// A broker whose log has no epoch as new as that of the record before calls the offset out of range.
func TestTruncatedLogOfOlderEpochs(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil)
	b.produce(b.client(), 0, values("v", 0, 5)...)
	refused := b.kafka.Fault(kfake.Fault{
		Keys: []kmsg.Key{kmsg.Fetch}, Topic: topic, Err: kerr.OffsetOutOfRange, Count: -1,
	})
	r := b.assign(0, intake.Position{Offset: 3, LeaderEpoch: 7}, true)
	err := isHalt[*intake.TruncatedError](t, r.failure(), "log_truncated")
	if *err != (intake.TruncatedError{Topic: topic, Offset: 3, Epoch: 7, LogEpoch: -1, LogEnd: 5}) || refused.Hits() < 3 {
		t.Errorf("got %+v after %d answers", err, refused.Hits())
	}
}

// The epochs of the last batch read and of the leader go with each request.
func TestEpochsAreSent(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil)
	if err := b.kafka.MoveTopicPartition(topic, 0, 0); err != nil { // which counts as a new leader
		t.Fatal(err)
	}
	leaderEpoch := b.kafka.PartitionInfo(topic, 0).Epoch
	first := answer(handmade{base: 0, epoch: 0, values: []string{"v"}}.bytes(t))
	first.RecordBatches[15] = 9 // the epoch, which the checksum does not cover
	asked := b.forge(func(n int) *kmsg.FetchResponseTopicPartition {
		if n == 0 {
			return first
		}
		return answer(nil)
	})
	r := b.assign(0, intake.At(0), true)
	r.reach(1)
	if before, after := (<-asked)[0], (<-asked)[0]; before.LastFetchedEpoch != -1 || after.LastFetchedEpoch != 9 ||
		after.CurrentLeaderEpoch != leaderEpoch {
		t.Errorf("asked %+v, then %+v", before, after)
	}
	if r.chunks[0].LeaderEpoch != 9 {
		t.Errorf("got epoch %d", r.chunks[0].LeaderEpoch)
	}
}

// A broker that lags behind tells of the topic that was before; that is no reason to stop.
func TestStaleMetadata(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil)
	client := b.client()
	b.produce(client, 0, "v")
	r := b.assign(0, intake.At(0), true)
	r.reach(1)
	stale := make(chan struct{}, 2)
	stale <- struct{}{}
	stale <- struct{}{}
	b.forgeMetadata(func() *kmsg.MetadataResponseTopic {
		select {
		case <-stale:
			return metadata(intake.TopicID{1}, 0, 3)
		default:
			return nil
		}
	})
	b.kafka.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: topic, Err: kerr.UnknownTopicID})
	eventually(t, "look at the metadata", func() bool { return len(stale) == 0 })
	b.produce(client, 0, "w")
	r.want(r.reach(2), []string{"v", "w"})
}

func TestPartitionWithoutALeader(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 1, nil)
	client := b.client()
	b.produce(client, 0, "v")
	r := b.assign(0, intake.At(0), true)
	r.reach(1)
	var elected atomic.Bool
	id := b.kafka.TopicInfo(topic).TopicID
	b.forgeMetadata(func() *kmsg.MetadataResponseTopic {
		if elected.Load() {
			return nil
		}
		return metadata(id, -1, 3)
	})
	b.kafka.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: topic, Err: kerr.LeaderNotAvailable})
	eventually(t, "loss of the leader", func() bool { return b.fetcher.Stats()[0].Leader < 0 })
	if err := b.fetcher.Healthy(); err == nil {
		t.Error("healthy without a leader")
	}
	b.produce(client, 0, "w")
	elected.Store(true)
	r.want(r.reach(2), []string{"v", "w"})
}

func TestTopicRecreated(t *testing.T) {
	t.Parallel()
	b := setup(t, 1, 2, nil)
	b.produce(b.client(), 0, "old")
	old, err := b.cluster.Topic(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := b.assign(0, intake.At(0), true)
	r.reach(1)
	if err := b.kafka.DeleteTopic(topic); err != nil {
		t.Fatal(err)
	}
	b.log.await(t, "topic cannot be read for now", 1)
	if err := b.fetcher.Healthy(); err == nil {
		t.Error("healthy without a topic")
	}
	if err := b.kafka.CreateTopic(topic, 2, nil); err != nil {
		t.Fatal(err)
	}
	b.produce(b.client(), 0, "new", "new")
	recreated := isHalt[*intake.TopicRecreatedError](t, r.failure(), "topic_recreated")
	now, err := b.cluster.Topic(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if recreated.Want != old.ID || recreated.Got != now.ID || now.ID == old.ID {
		t.Errorf("got %+v, the ids are %s and %s", recreated, old.ID, now.ID)
	}
	b.log.await(t, "topic can be read again", 1)

	// A position of the old topic is not read from the new one, a position of no certain one is.
	stale := b.assign(1, intake.Position{LeaderEpoch: -1, TopicID: old.ID}, true)
	_ = isHalt[*intake.TopicRecreatedError](t, stale.failure(), "topic_recreated")
	b.assign(0, intake.Position{LeaderEpoch: -1, TopicID: now.ID}, true).reach(2)
	b.assign(0, intake.At(1), true).reach(2)
	r.want(r.values(), []string{"old"})
}
