package consumer

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"deductor/consumer/settle"
)

// An offset that is committed while a worker looks must not seem to be beyond the
// log's end: that is a halt until an operator comes. So the end is asked for last.
func TestLookAsksForTheLogsEndLast(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1)
	w := b.worker(t, "worker-1", nil)
	t.Cleanup(w.cluster.Close)
	var mu sync.Mutex
	var asked []string
	for _, key := range []kmsg.Key{kmsg.OffsetFetch, kmsg.ListOffsets} {
		b.kafka.Cluster.ControlKey(key.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
			b.kafka.Cluster.KeepControl()
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, key.Name())
			return nil, nil, false
		})
	}
	if _, err := w.look(t.Context(), []int32{0}); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	first, last := slices.Index(asked, "ListOffsets"), slices.Index(asked, "OffsetFetch")
	if first < 0 || last < 0 || first < last {
		t.Errorf("asked for %v, want OffsetFetch before ListOffsets", asked)
	}
}

// A worker that was evicted may settle on until the next one has fenced it. What it
// settled after that one's look is no log that lost its end.
func TestPromise2_SettledSinceTheLookIsNoHalt(t *testing.T) {
	t.Parallel()
	b := newSettledBundle(t)
	b.kafka.Produce(t, 0, order("o-1", "acct-0"))
	b.looksFindAnEmptyLog(1)
	w := b.worker(t, "worker-2", nil)
	w.members = everything{0} // a group asks for committed offsets, too
	start(t, w)
	await(t, "the next record", func() (bool, string) {
		return b.watermarks(t)[0] == 2, fmt.Sprint(b.watermarks(t))
	})
	if n := b.count(t, "partition_halt"); n != 0 {
		t.Errorf("the partition was halted %d times, want never", n)
	}
	b.wantTransfers(t, 2)
}

// A log that has lost its end is shorter at the second look, too.
func TestPromise2_LogThatLostItsEndHalts(t *testing.T) {
	t.Parallel()
	b := newSettledBundle(t)
	b.looksFindAnEmptyLog(math.MaxInt64)
	b.run(t, "worker-2")
	await(t, "the halt", func() (bool, string) {
		return b.count(t, "partition_halt WHERE cleared_at IS NULL AND reason = $1", settle.HaltBeyondLogEnd) == 1, "none"
	})
}

// newSettledBundle begins with one record, which a worker that is gone has settled.
func newSettledBundle(t *testing.T) *bundle {
	t.Helper()
	b := newBundle(t, 1)
	b.kafka.Produce(t, 0, order("o-0", "acct-0"))
	stop := b.run(t, "worker-1")
	b.awaitSettled(t)
	stop()
	return b
}

// looksFindAnEmptyLog has the broker answer so many looks as it would have done
// before there were any records. A look begins with the committed offsets.
func (b *bundle) looksFindAnEmptyLog(n int64) {
	var looks atomic.Int64
	b.kafka.Cluster.ControlKey(kmsg.OffsetFetch.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
		b.kafka.Cluster.KeepControl()
		looks.Add(1)
		return nil, nil, false
	})
	b.kafka.Cluster.ControlKey(kmsg.ListOffsets.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		b.kafka.Cluster.KeepControl()
		request := r.(*kmsg.ListOffsetsRequest)
		if looks.Load() > n {
			return nil, nil, false
		}
		answer := request.ResponseKind().(*kmsg.ListOffsetsResponse)
		for _, asked := range request.Topics {
			topic := kmsg.NewListOffsetsResponseTopic()
			topic.Topic = asked.Topic
			for _, p := range asked.Partitions {
				partition := kmsg.NewListOffsetsResponseTopicPartition()
				partition.Partition, partition.Offset = p.Partition, 0
				topic.Partitions = append(topic.Partitions, partition)
			}
			answer.Topics = append(answer.Topics, topic)
		}
		return answer, nil, true
	})
}
