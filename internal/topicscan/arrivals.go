package topicscan

import (
	"context"
	"fmt"
	"sync"
	"time"

	"deductor/consumer/intake"
)

// arrival is a chunk, or why a partition can't be read on.
type arrival struct {
	chunk  *intake.Chunk
	failed error
}

// arrivals is what was fetched and not yet taken. The fetcher's buffer bounds it.
type arrivals struct {
	ordered bool

	mu      sync.Mutex
	queues  [][]arrival     // a lane's each, or one for all
	wake    []chan struct{} // the same; closed when all is done
	pending map[int32]int64 // offsets of each range that were not handled
	ends    map[int32]int64
	closed  bool
}

func newArrivals(lanes int, ordered bool) *arrivals {
	if !ordered {
		lanes = 1
	}
	a := &arrivals{ordered: ordered, queues: make([][]arrival, lanes), wake: make([]chan struct{}, lanes),
		pending: make(map[int32]int64), ends: make(map[int32]int64)}
	for i := range a.wake {
		a.wake[i] = make(chan struct{}, 1)
	}
	return a
}

func (a *arrivals) want(id int32, r Range) { a.pending[id], a.ends[id] = r.End-r.Start, r.End }

func (a *arrivals) done() bool { return len(a.pending) == 0 }

// queueOf is where a partition's chunks, or a lane's, are.
func (a *arrivals) queueOf(n int) int { return n % len(a.queues) }

// Receive implements [intake.Receiver].
func (a *arrivals) Receive(chunk *intake.Chunk) { a.add(chunk.Partition, arrival{chunk: chunk}) }

// Fail implements [intake.Receiver].
func (a *arrivals) Fail(err error) { a.add(0, arrival{failed: err}) }

func (a *arrivals) add(partition int32, what arrival) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if what.chunk != nil && what.chunk.Start >= a.ends[partition] {
		what.chunk.Release() // fetched before the partition was unassigned
		return
	}
	queue := a.queueOf(int(partition))
	a.queues[queue] = append(a.queues[queue], what)
	a.notify(queue)
}

func (a *arrivals) notify(queue int) {
	if a.closed {
		return
	}
	select {
	case a.wake[queue] <- struct{}{}:
	default:
	}
}

// handled notes that a chunk was dealt with, and tells whether its range is done.
func (a *arrivals) handled(chunk *intake.Chunk) bool {
	return a.less(chunk.Partition, chunk.End-chunk.Start)
}

// skip notes that offsets are gone. Chunks from before them may still be in hand.
func (a *arrivals) skip(id int32, gone Range) bool { return a.less(id, gone.End-gone.Start) }

func (a *arrivals) less(id int32, offsets int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pending[id] -= offsets
	if a.pending[id] > 0 {
		return false
	}
	delete(a.pending, id)
	if len(a.pending) == 0 && !a.closed {
		a.closed = true
		for _, wake := range a.wake {
			close(wake)
		}
	}
	return true
}

// patience is how long nothing may arrive while something is wrong.
const patience = 30 * time.Second

// take waits until something arrives for a lane; nil when all is done. It gives
// up when ctx ends, or when nothing arrives for long and healthy says why.
func (a *arrivals) take(ctx context.Context, lane int, healthy func() error) (*arrival, error) {
	queue := a.queueOf(lane)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		if next := a.next(queue); next != nil {
			return next, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-timer.C:
			if err := healthy(); err != nil {
				return nil, fmt.Errorf("nothing came for %v: %w", patience, err)
			}
			timer.Reset(patience)
		case _, open := <-a.wake[queue]:
			if !open {
				return nil, nil //nolint:nilnil // all is done
			}
		}
	}
}

// next takes the first arrival of a queue, and wakes another lane for the rest.
func (a *arrivals) next(queue int) *arrival {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.queues[queue]) == 0 {
		return nil
	}
	first := a.queues[queue][0]
	a.queues[queue] = a.queues[queue][1:]
	if len(a.queues[queue]) > 0 {
		a.notify(queue)
	}
	return &first
}
