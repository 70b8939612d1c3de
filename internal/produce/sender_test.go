package produce

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"deductor/internal/kafkatest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newSender(t *testing.T, brokers []string, topic string, sent func(int64)) *Sender {
	t.Helper()
	transport := &kafka.Transport{}
	s := NewSender(brokers, topic, transport, sent)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		transport.CloseIdleConnections()
	})
	return s
}

func send(ctx context.Context, s *Sender, n int) error {
	for i := range n {
		m := Message{
			OrderID: fmt.Sprintf("o-%d", i%1000),
			Value:   fmt.Appendf(nil, "%d", i),
			Source:  fmt.Sprintf("line %d", i+1),
		}
		if err := s.Send(ctx, m); err != nil {
			return err
		}
	}
	return s.Flush(ctx)
}

func TestSenderKeepsTheOrderOfAKey(t *testing.T) {
	t.Parallel()
	k := kafkatest.New(t, 3)
	var told int64
	s := newSender(t, k.Brokers, k.Topic, func(n int64) { told += n })
	const n = chunkMessages + 5000
	if err := send(t.Context(), s, n); err != nil {
		t.Fatal(err)
	}
	if s.Sent != n || s.Failed != 0 || told != n {
		t.Errorf("sent %d, failed %d, told of %d", s.Sent, s.Failed, told)
	}
	client := k.Client(t, kgo.ConsumeTopics(k.Topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	last, partitions := make(map[string]int), make(map[string]int32)
	for read := 0; read < n; {
		fetches := client.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			read++
			var i int
			if _, err := fmt.Sscan(string(r.Value), &i); err != nil {
				t.Fatal(err)
			}
			key := string(r.Key)
			if before, again := last[key]; again && (before >= i || partitions[key] != r.Partition) {
				t.Errorf("key %s: %d of partition %d after %d of %d", key, i, r.Partition, before, partitions[key])
			}
			last[key], partitions[key] = i, r.Partition
		})
	}
}

func TestSenderPlacesKeysAsJavaDoes(t *testing.T) {
	t.Parallel()
	k := kafkatest.New(t, 7)
	s := newSender(t, k.Brokers, k.Topic, nil)
	if err := send(t.Context(), s, 50); err != nil {
		t.Fatal(err)
	}
	java := kgo.StickyKeyPartitioner(nil).ForTopic(k.Topic)
	client := k.Client(t, kgo.ConsumeTopics(k.Topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	for read := 0; read < 50; {
		fetches := client.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			read++
			if want := java.Partition(r, 7); int(r.Partition) != want {
				t.Errorf("key %s is in partition %d, Java's clients use %d", r.Key, r.Partition, want)
			}
		})
	}
}

func TestSenderCountsWhatFails(t *testing.T) {
	t.Parallel()
	k := kafkatest.New(t, 2)
	k.Cluster.ControlKey(kmsg.Produce.Int16(), func(request kmsg.Request) (kmsg.Response, error, bool) {
		k.Cluster.KeepControl()
		produce := request.(*kmsg.ProduceRequest)
		if produce.Topics[0].Partitions[0].Partition == 0 {
			return nil, nil, false
		}
		answer := produce.ResponseKind().(*kmsg.ProduceResponse)
		topic := kmsg.NewProduceResponseTopic()
		topic.Topic = k.Topic
		partition := kmsg.NewProduceResponseTopicPartition()
		partition.Partition, partition.ErrorCode = 1, kerr.InvalidRecord.Code
		topic.Partitions = append(topic.Partitions, partition)
		answer.Topics = append(answer.Topics, topic)
		return answer, nil, true
	})
	s := newSender(t, k.Brokers, k.Topic, nil)
	large := Message{OrderID: "o", Value: []byte(strings.Repeat("x", batchBytes)), Source: "line 0"}
	if err := s.Send(t.Context(), large); err != nil {
		t.Fatal(err)
	}
	if err := send(t.Context(), s, 100); err != nil {
		t.Fatal(err)
	}
	if ends := k.EndOffsets(t); s.Sent != ends[0] || s.Failed != 101-ends[0] || ends[0] == 0 || ends[1] != 0 {
		t.Errorf("sent %d, failed %d, the log ends at %v", s.Sent, s.Failed, ends)
	}
	if s.Err == nil || !strings.HasPrefix(s.Err.Error(), "line 0: the message has 1000001 bytes") {
		t.Errorf("the first error is %v", s.Err)
	}
}

func TestSenderGivesUp(t *testing.T) {
	t.Parallel()
	s := newSender(t, []string{"127.0.0.1:1"}, "payments", nil)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	err := send(ctx, s, 10)
	if !errors.Is(err, ErrNothingSent) || s.Sent != 0 || s.Failed != 10 || s.Err == nil {
		t.Errorf("sent %d, failed %d, %v", s.Sent, s.Failed, err)
	}
}
