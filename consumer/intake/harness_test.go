package intake_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"deductor/consumer/intake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const topic = "payments"

// patience is how long a test waits for something that happens soon when all is well.
const patience = 20 * time.Second

// bundle is a broker, a Cluster and a Fetcher that runs, for one test.
type bundle struct {
	t       *testing.T
	kafka   *kfake.Cluster
	cluster *intake.Cluster
	fetcher *intake.Fetcher
	log     *journal
}

// setup starts brokers with a topic of so many partitions and runs a Fetcher; change may alter its
// configuration.
func setup(t *testing.T, brokers int, partitions int32, change func(*intake.Config), opts ...kfake.Opt) *bundle {
	t.Helper()
	opts = append([]kfake.Opt{kfake.NumBrokers(brokers), kfake.SeedTopics(partitions, topic)}, opts...)
	kafka, err := kfake.NewCluster(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kafka.Close)
	log := newJournal()
	cfg := intake.Config{
		Brokers: kafka.ListenAddrs(), Topic: topic, Logger: slog.New(log), RefreshBackoff: 10 * time.Millisecond,
	}
	if change != nil {
		change(&cfg)
	}
	b := &bundle{t: t, kafka: kafka, log: log}
	b.cluster = newCluster(t, cfg)
	if b.fetcher, err = intake.NewFetcher(b.cluster); err != nil {
		t.Fatal(err)
	}
	b.run(b.fetcher)
	return b
}

// run runs a Fetcher until the test ends.
func (b *bundle) run(f *intake.Fetcher) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- f.Run(ctx) }()
	b.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			b.t.Errorf("Run: %v", err)
		}
	})
}

func newCluster(t *testing.T, cfg intake.Config) *intake.Cluster {
	t.Helper()
	cluster, err := intake.NewCluster(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return cluster
}

// assign starts to read a partition and returns what receives it.
func (b *bundle) assign(partition int32, at intake.Position, release bool) *receiver {
	r := newReceiver(b.t, at.Offset, release)
	b.fetcher.Assign(partition, at, r)
	return r
}

// client is a producer that sends each record where its Partition says.
func (b *bundle) client(opts ...kgo.Opt) *kgo.Client {
	b.t.Helper()
	opts = append([]kgo.Opt{
		kgo.SeedBrokers(b.kafka.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.DefaultProduceTopic(topic), kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.MetadataMinAge(10 * time.Millisecond),
	}, opts...)
	client, err := kgo.NewClient(opts...)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(client.Close)
	return client
}

// produce writes values to a partition as one batch.
func (b *bundle) produce(client *kgo.Client, partition int32, values ...string) {
	b.t.Helper()
	records := make([]*kgo.Record, len(values))
	for i, v := range values {
		records[i] = &kgo.Record{Partition: partition, Key: []byte("key of " + v), Value: []byte(v)}
	}
	if err := client.ProduceSync(b.t.Context(), records...).FirstErr(); err != nil {
		b.t.Fatal(err)
	}
}

// eventually polls for what nothing tells of.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); !done(); <-ticker.C {
		if time.Now().After(deadline) {
			t.Fatalf("no %s", what)
		}
	}
}

func values(prefix string, first, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s-%05d", prefix, first+i)
	}
	return all
}

// receiver keeps what it is given, and checks that chunks join up.
type receiver struct {
	t       *testing.T
	release bool // at once
	onChunk func()

	mu      sync.Mutex
	changed chan struct{} // closed and replaced when something came
	chunks  []*intake.Chunk
	next    int64
	failed  error
}

func newReceiver(t *testing.T, at int64, release bool) *receiver {
	return &receiver{t: t, release: release, next: at, changed: make(chan struct{})}
}

func (r *receiver) Receive(c *intake.Chunk) {
	if r.onChunk != nil {
		r.onChunk()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.Start != r.next || c.End <= c.Start {
		r.t.Errorf("partition %d: a chunk of %d to %d came where %d was to be next", c.Partition, c.Start, c.End, r.next)
	}
	if r.failed != nil {
		r.t.Errorf("partition %d: a chunk came after %v", c.Partition, r.failed)
	}
	r.next = c.End
	r.chunks = append(r.chunks, c)
	r.tell()
	if r.release {
		c.Release()
	}
}

func (r *receiver) Fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed != nil {
		r.t.Errorf("failed twice: %v, %v", r.failed, err)
	}
	r.failed = err
	r.tell()
}

func (r *receiver) tell() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// await waits until done says so. Done is called with r's lock held.
func (r *receiver) await(what string, done func() bool) {
	r.t.Helper()
	deadline := time.After(patience)
	for {
		r.mu.Lock()
		ok, changed := done(), r.changed
		state := fmt.Sprintf("next %d, %d chunks, failed: %v", r.next, len(r.chunks), r.failed)
		r.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			r.t.Fatalf("no %s (%s)", what, state)
		}
	}
}

// reach waits until all before offset came and returns the values received so far.
func (r *receiver) reach(offset int64) []string {
	r.t.Helper()
	r.await(fmt.Sprintf("offset %d", offset), func() bool { return r.next >= offset || r.failed != nil })
	if r.failed != nil || r.next != offset {
		r.t.Fatalf("next is %d, not %d, failed: %v", r.next, offset, r.failed)
	}
	return r.values()
}

func (r *receiver) values() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for _, c := range r.chunks {
		for _, record := range c.Records {
			all = append(all, string(record.Value))
		}
	}
	return all
}

// at is the next offset to come.
func (r *receiver) at() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.next
}

// failure waits for the error that ends the assignment.
func (r *receiver) failure() error {
	r.t.Helper()
	r.await("failure", func() bool { return r.failed != nil })
	return r.failed
}

func (r *receiver) releaseAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.releaseLocked()
}

func (r *receiver) releaseLocked() {
	for _, c := range r.chunks {
		c.Release()
	}
}

func (r *receiver) want(got, want []string) {
	r.t.Helper()
	if !slices.Equal(got, want) {
		r.t.Fatalf("got %d values %.80q..., want %d %.80q...", len(got), got, len(want), want)
	}
}

// journal is a log that tests can wait on.
type journal struct {
	mu      sync.Mutex
	lines   []string
	changed chan struct{}
}

func newJournal() *journal { return &journal{changed: make(chan struct{})} }

func (*journal) Enabled(context.Context, slog.Level) bool { return true }
func (j *journal) WithAttrs([]slog.Attr) slog.Handler     { return j }
func (j *journal) WithGroup(string) slog.Handler          { return j }

func (j *journal) Handle(_ context.Context, r slog.Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, r.Message)
	close(j.changed)
	j.changed = make(chan struct{})
	return nil
}

func (j *journal) count(line string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := 0
	for _, l := range j.lines {
		if l == line {
			n++
		}
	}
	return n
}

// await waits until a line was logged n times.
func (j *journal) await(t *testing.T, line string, n int) {
	t.Helper()
	deadline := time.After(patience)
	for {
		j.mu.Lock()
		changed := j.changed
		j.mu.Unlock()
		if j.count(line) >= n {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("%q was not logged %d times: %q", line, n, j.lines)
		}
	}
}
