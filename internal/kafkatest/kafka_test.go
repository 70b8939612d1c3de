package kafkatest_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"deductor/internal/kafkatest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// read polls until it has n records and returns their values.
func read(t *testing.T, client *kgo.Client, n int) []string {
	t.Helper()
	var values []string
	for len(values) < n {
		fetches := client.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		for _, record := range fetches.Records() {
			values = append(values, string(record.Value))
		}
	}
	return values
}

func TestProduceAndOffsets(t *testing.T) {
	t.Parallel()
	kafka := kafkatest.New(t, 3)
	kafka.Produce(t, 0, "a", "b")
	kafka.ProduceRecords(t, &kgo.Record{Partition: 2, Key: []byte("k"), Value: []byte("c")})
	if got, want := kafka.EndOffsets(t), (map[int32]int64{0: 2, 1: 0, 2: 1}); !maps.Equal(got, want) {
		t.Errorf("ends %v, want %v", got, want)
	}
	if got := kafka.GroupOffsets(t, "workers"); len(got) != 0 {
		t.Errorf("a group nobody joined committed %v", got)
	}
	client := kafka.Client(t, kgo.ConsumeTopics(kafka.Topic), kgo.ConsumerGroup("workers"), kgo.DisableAutoCommit())
	read(t, client, 3)
	if err := client.CommitUncommittedOffsets(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := kafka.GroupOffsets(t, "workers"), (map[int32]int64{0: 2, 2: 1}); !maps.Equal(got, want) {
		t.Errorf("committed %v, want %v", got, want)
	}
}

func TestTransactions(t *testing.T) {
	t.Parallel()
	kafka := kafkatest.New(t, 1)
	kafka.Produce(t, 0, "before")
	kafka.ProduceAborted(t, 0, "taken back", "and this")
	kafka.ProduceCommitted(t, 0, "meant")
	kafka.Produce(t, 0, "after")
	if end := kafka.EndOffsets(t)[0]; end != 7 { // five records and two control records
		t.Errorf("the log ends at %d, want 7", end)
	}
	for _, tc := range []struct {
		level kgo.IsolationLevel
		want  []string
	}{
		{kgo.ReadCommitted(), []string{"before", "meant", "after"}},
		{kgo.ReadUncommitted(), []string{"before", "taken back", "and this", "meant", "after"}},
	} {
		client := kafka.Client(t, kgo.ConsumeTopics(kafka.Topic), kgo.FetchIsolationLevel(tc.level))
		if got := read(t, client, len(tc.want)); !slices.Equal(got, tc.want) {
			t.Errorf("read %q, want %q", got, tc.want)
		}
	}
}

func TestCompression(t *testing.T) {
	t.Parallel()
	kafka := kafkatest.New(t, 1)
	codecs := []kgo.CompressionCodec{
		kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression(),
	}
	for _, codec := range codecs {
		client := kafka.Client(t, kgo.ProducerBatchCompression(codec))
		record := &kgo.Record{Value: []byte("squeezed")}
		if err := client.ProduceSync(t.Context(), record).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, kafka.Client(t, kgo.ConsumeTopics(kafka.Topic)), len(codecs)); len(got) != len(codecs) {
		t.Errorf("read %q", got)
	}
}

func TestLeadersMove(t *testing.T) {
	t.Parallel()
	kafka := kafkatest.NewCluster(t, 1, 2)
	from := kafka.Cluster.LeaderFor(kafka.Topic, 0)
	if err := kafka.Cluster.MoveTopicPartition(kafka.Topic, 0, 1-from); err != nil {
		t.Fatal(err)
	}
	kafka.Produce(t, 0, "to the new one")
	if end := kafka.EndOffsets(t)[0]; end != 1 || kafka.Cluster.LeaderFor(kafka.Topic, 0) == from {
		t.Errorf("the log ends at %d, the leader is %d", end, kafka.Cluster.LeaderFor(kafka.Topic, 0))
	}
}
