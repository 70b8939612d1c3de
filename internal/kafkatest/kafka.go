package kafkatest

import (
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/internal/embedded"
)

// Kafka is a one-broker cluster with one topic.
type Kafka struct {
	Brokers []string
	Topic   string

	// Cluster is the broker itself, for what a client cannot do: cut the log
	// (DeleteRecords), make the topic anew, move a leader, answer with faults.
	Cluster *kfake.Cluster
}

// New starts a cluster with a topic of so many partitions; it ends with the
// test.
func New(t testing.TB, partitions int32) *Kafka {
	t.Helper()
	return NewCluster(t, partitions, 1)
}

// NewCluster is [New] with more brokers than one, so that leaders can move.
func NewCluster(t testing.TB, partitions int32, brokers int) *Kafka {
	t.Helper()
	const topic = "payments"
	kafka, err := embedded.StartKafka(embedded.KafkaConfig{Topic: topic, Partitions: partitions, Brokers: brokers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kafka.Close)
	return &Kafka{Brokers: kafka.Brokers(), Topic: topic, Cluster: kafka.Cluster()}
}

// Client returns a client that writes a record to the partition it names; it
// is closed when the test ends. Options say the rest: compression,
// kgo.TransactionalID, what to consume.
func (k *Kafka) Client(t testing.TB, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(k.Brokers...),
		kgo.DefaultProduceTopic(k.Topic),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
	}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// Produce writes values to a partition in their order, and returns when the
// broker has acknowledged them.
func (k *Kafka) Produce(t testing.TB, partition int32, values ...string) {
	t.Helper()
	k.ProduceRecords(t, records(partition, values)...)
}

// ProduceRecords writes all records, each to its Partition.
func (k *Kafka) ProduceRecords(t testing.TB, all ...*kgo.Record) {
	t.Helper()
	client := k.Client(t)
	defer client.Close()
	if err := client.ProduceSync(t.Context(), all...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// ProduceAborted writes values in a transaction and aborts it. The values and
// a control record take up offsets.
func (k *Kafka) ProduceAborted(t testing.TB, partition int32, values ...string) {
	t.Helper()
	k.produceInTransaction(t, kgo.TryAbort, partition, values)
}

// ProduceCommitted writes values in a transaction and commits it. A control
// record follows them.
func (k *Kafka) ProduceCommitted(t testing.TB, partition int32, values ...string) {
	t.Helper()
	k.produceInTransaction(t, kgo.TryCommit, partition, values)
}

func (k *Kafka) produceInTransaction(t testing.TB, end kgo.TransactionEndTry, partition int32, values []string) {
	t.Helper()
	client := k.Client(t, kgo.TransactionalID(fmt.Sprintf("%s-%d", t.Name(), partition)))
	defer client.Close()
	if err := client.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	if err := client.ProduceSync(t.Context(), records(partition, values)...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if err := client.EndTransaction(t.Context(), end); err != nil {
		t.Fatal(err)
	}
}

func records(partition int32, values []string) []*kgo.Record {
	all := make([]*kgo.Record, len(values))
	for i, value := range values {
		all[i] = &kgo.Record{Partition: partition, Value: []byte(value)}
	}
	return all
}

// EndOffsets returns each partition's end: the offset that the next record
// will get (the high watermark).
func (k *Kafka) EndOffsets(t testing.TB) map[int32]int64 {
	t.Helper()
	ends := make(map[int32]int64)
	for _, partition := range k.Cluster.PartitionInfos(k.Topic) {
		ends[partition.Partition] = partition.HighWatermark
	}
	return ends
}

// GroupOffsets returns what a group committed: the next offset to read, by
// partition. A partition without a commit is not in it; a group that does not
// exist has none.
func (k *Kafka) GroupOffsets(t testing.TB, group string) map[int32]int64 {
	t.Helper()
	offsets := make(map[int32]int64)
	info := k.Cluster.GroupInfo(group)
	if info == nil {
		return offsets
	}
	for partition, commit := range info.Commits[k.Topic] {
		offsets[partition] = commit.Offset
	}
	return offsets
}
