package intake_test

import (
	"strings"
	"sync"
	"testing"

	"deductor/consumer/intake"
)

// queueing receives chunks of all partitions and releases them in their order,
// as lanes that are slower than the brokers do.
type queueing struct {
	mu     sync.Mutex
	chunks []*intake.Chunk
	failed error
}

func (q *queueing) Receive(c *intake.Chunk) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.chunks = append(q.chunks, c)
}

func (q *queueing) Fail(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.failed = err
}

// next releases the oldest chunk and returns its partition, -1 when there is none.
func (q *queueing) next() int32 {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.chunks) == 0 {
		return -1
	}
	c := q.chunks[0]
	q.chunks = q.chunks[1:]
	c.Release()
	return c.Partition
}

// While the buffers are full, each partition gets its share of what there is
// room for: none waits while the others are read again and again.
func TestFullBuffersAreShared(t *testing.T) {
	t.Parallel()
	const partitions, batches = 8, 60
	b := setup(t, 1, partitions, func(c *intake.Config) {
		c.PartitionMaxBytes, c.MaxBytes = 40_000, 80_000
		c.BufferBytes, c.PartitionBufferBytes = 200_000, 60_000
	})
	client := b.client()
	value := strings.Repeat("x", 30_000)
	for partition := range int32(partitions) {
		for range batches {
			b.produce(client, partition, value)
		}
	}
	q := &queueing{}
	for partition := range int32(partitions) {
		b.fetcher.Assign(partition, intake.At(0), q)
	}
	var released [partitions]int
	since := [partitions]int{}
	longest := 0
	for n := 0; n < partitions*batches/2; {
		var p int32
		eventually(t, "chunk", func() bool { p = q.next(); return p >= 0 })
		n++
		released[p]++
		for other := range since {
			since[other]++
			longest = max(longest, since[other])
		}
		since[p] = 0
	}
	if longest > 2*partitions {
		t.Errorf("a partition was passed over %d times in a row; released: %v", longest, released)
	}
}
