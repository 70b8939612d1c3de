package consumer

import (
	"context"
	"maps"
	"sync"
	"time"

	"deductor/consumer/internal/crashpoint"
)

// offsets commits to Kafka how far each partition of one assignment was
// settled: after the database, never before it. One goroutine commits; what
// comes meanwhile is gathered into the next commit.
type offsets struct {
	commit   commitFunc
	interval time.Duration
	// committed is told what became of each commit.
	committed func(offsets map[int32]int64, err error)

	mu      sync.Mutex
	pending map[int32]int64
	done    map[int32]int64 // what the group took
	wake    chan struct{}
}

func newOffsets(commit commitFunc, interval time.Duration, committed func(map[int32]int64, error)) *offsets {
	return &offsets{
		commit:    commit,
		interval:  interval,
		committed: committed,
		pending:   make(map[int32]int64),
		done:      make(map[int32]int64),
		wake:      make(chan struct{}, 1),
	}
}

// settled notes that all of a partition below the offset is settled.
func (o *offsets) settled(partition int32, offset int64) {
	o.mu.Lock()
	o.pending[partition] = offset
	o.mu.Unlock()
	o.notify()
}

// run commits what is pending, at most once an interval, until ctx ends; then
// it returns and leaves the rest to flush.
func (o *offsets) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.wake:
		}
		o.flush()
		select {
		case <-ctx.Done():
			return
		case <-time.After(o.interval):
		}
	}
}

// flush commits what is pending now. What fails stays pending: it is committed
// with the next offsets, or the next owner starts from the watermark.
func (o *offsets) flush() {
	o.mu.Lock()
	batch := maps.Clone(o.pending)
	clear(o.pending)
	o.mu.Unlock()
	if len(batch) == 0 {
		return
	}
	err := o.commit(batch)
	o.committed(batch, err)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil {
		maps.Copy(o.done, batch)
		crashpoint.Reach(crashpoint.OffsetCommitted)
		return
	}
	for partition, offset := range batch {
		if _, newer := o.pending[partition]; !newer {
			o.pending[partition] = offset
		}
	}
	o.notify()
}

// followed returns what was last committed of a partition, if anything was.
func (o *offsets) followed(partition int32) (offset int64, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	offset, ok = o.done[partition]
	return offset, ok
}

func (o *offsets) notify() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}
