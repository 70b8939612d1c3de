package bench

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/produce"
)

// outlet sends the records of the partitions that one broker leads, as Kafka's
// own producer does: what came in the linger goes together, and a slow broker
// gets larger requests, not more of them. (kafka-go's Writer sends a request for
// each partition.)
type outlet struct {
	transport *kafka.Transport
	brokers   []string
	topic     string

	mu      sync.Mutex
	pending []outgoing
	ended   bool
	wake    chan struct{}
}

// outgoing is a record that was not sent yet.
type outgoing struct {
	index      int // among the pacer's
	partition  int32
	key, value []byte
}

func newOutlet(transport *kafka.Transport, brokers []string, topic string) *outlet {
	return &outlet{transport: transport, brokers: brokers, topic: topic, wake: make(chan struct{}, 1)}
}

const (
	// linger is how long a record waits for others: the default of Kafka's own
	// producer since 4.0 (KIP-1030).
	linger = 5 * time.Millisecond
	// outletMost is the most records of a request: a broker takes about a megabyte
	// for a partition.
	outletMost = 2000
	// produceSeconds bounds a request.
	produceSeconds = 30
)

func (o *outlet) put(record outgoing) {
	o.mu.Lock()
	o.pending = append(o.pending, record)
	o.mu.Unlock()
	o.notify()
}

// end has run return once all is sent.
func (o *outlet) end() {
	o.mu.Lock()
	o.ended = true
	o.mu.Unlock()
	o.notify()
}

func (o *outlet) notify() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// run notes of each record when it was acknowledged, and where it is.
func (o *outlet) run(ctx context.Context, records []paced) error {
	for {
		some, ended := o.take()
		if len(some) > 0 {
			if err := o.send(ctx, some, records); err != nil {
				return fmt.Errorf("send to topic %s: %w", o.topic, err)
			}
		} else if ended {
			return nil
		} else {
			select {
			case <-o.wake:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		pause(linger)
	}
}

func (o *outlet) take() (some []outgoing, ended bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := min(len(o.pending), outletMost)
	some, o.pending = o.pending[:n:n], o.pending[n:]
	return some, o.ended
}

// send sends the records in one request.
func (o *outlet) send(ctx context.Context, some []outgoing, records []paced) error {
	ctx, cancel := context.WithTimeout(ctx, produceSeconds*time.Second)
	defer cancel()
	topic := produce.RequestTopic{Topic: o.topic}
	indices := make(map[int32][]int) // of a partition's records, in their order
	content := make(map[int32][]protocol.Record)
	for _, record := range some {
		indices[record.partition] = append(indices[record.partition], record.index)
		content[record.partition] = append(content[record.partition],
			protocol.Record{Key: protocol.NewBytes(record.key), Value: protocol.NewBytes(record.value)})
	}
	for partition, its := range content {
		topic.Partitions = append(topic.Partitions, produce.RequestPartition{
			Partition: partition,
			RecordSet: protocol.RecordSet{Records: protocol.NewRecordReader(its...)},
		})
	}
	answer, err := o.transport.RoundTrip(ctx, kafka.TCP(o.brokers...), &produce.Request{
		Acks: int16(kafka.RequireAll), Timeout: produceSeconds * 1000,
		Topics: []produce.RequestTopic{topic},
	})
	if err != nil {
		return err
	}
	now := time.Now()
	for _, answered := range answer.(*produce.Response).Topics {
		for _, p := range answered.Partitions {
			if p.ErrorCode != 0 {
				return fmt.Errorf("partition %d: %w", p.Partition, kafka.Error(p.ErrorCode))
			}
			for i, index := range indices[p.Partition] {
				r := &records[index]
				r.acknowledged, r.partition, r.offset = now, p.Partition, p.BaseOffset+int64(i)
			}
		}
	}
	return nil
}
