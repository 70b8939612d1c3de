package bench

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

// outlet sends a partition's records, those together that came while others were
// on their way: a slow broker gets larger requests, not more of them. (kafka-go's
// Writer would send a request a millisecond, one after the other.)
type outlet struct {
	client    *kafka.Client
	topic     string
	partition int32

	mu      sync.Mutex
	pending []kafka.Record
	indices []int // of the pending ones
	ended   bool
	wake    chan struct{}
}

func newOutlet(client *kafka.Client, topic string, partition int32) *outlet {
	return &outlet{client: client, topic: topic, partition: partition, wake: make(chan struct{}, 1)}
}

// outletMost is the most records of a request: a broker takes about a megabyte.
const outletMost = 2000

func (o *outlet) put(index int, key, value []byte) {
	o.mu.Lock()
	o.pending = append(o.pending, kafka.Record{Key: kafka.NewBytes(key), Value: kafka.NewBytes(value)})
	o.indices = append(o.indices, index)
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
		some, indices, ended := o.take()
		if len(some) == 0 {
			if ended {
				return nil
			}
			select {
			case <-o.wake:
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		answer, err := o.client.Produce(ctx, &kafka.ProduceRequest{
			Topic: o.topic, Partition: int(o.partition), RequiredAcks: kafka.RequireAll,
			Records: kafka.NewRecordReader(some...),
		})
		if err == nil {
			err = answer.Error
		}
		if err != nil {
			return fmt.Errorf("send to partition %d of %s: %w", o.partition, o.topic, err)
		}
		now := time.Now()
		for i, index := range indices {
			r := &records[index]
			r.acknowledged, r.partition, r.offset = now, o.partition, answer.BaseOffset+int64(i)
		}
	}
}

func (o *outlet) take() (some []kafka.Record, indices []int, ended bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := min(len(o.pending), outletMost)
	some, indices = o.pending[:n:n], o.indices[:n:n]
	o.pending, o.indices = o.pending[n:], o.indices[n:]
	return some, indices, o.ended
}
