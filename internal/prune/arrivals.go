package prune

import (
	"context"
	"fmt"
	"sync"
	"time"

	"deductor/consumer/intake"
)

// arrivals is what was fetched of all partitions and not yet taken. The
// fetcher's buffer bounds it.
type arrivals struct {
	wake chan struct{} // holds one token when something arrived

	mu     sync.Mutex
	chunks []*intake.Chunk
	failed []error
}

// Receive implements [intake.Receiver].
func (a *arrivals) Receive(chunk *intake.Chunk) {
	a.mu.Lock()
	a.chunks = append(a.chunks, chunk)
	a.mu.Unlock()
	a.notify()
}

// Fail implements [intake.Receiver].
func (a *arrivals) Fail(err error) {
	a.mu.Lock()
	a.failed = append(a.failed, err)
	a.mu.Unlock()
	a.notify()
}

func (a *arrivals) notify() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// patience is how long nothing may arrive while something is wrong.
const patience = 30 * time.Second

// take waits until something arrives. It gives up when ctx ends, or when
// nothing arrives for long and healthy says why.
func (a *arrivals) take(ctx context.Context, healthy func() error) (chunks []*intake.Chunk, failed []error, err error) {
	for {
		timer := time.NewTimer(patience)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, nil, ctx.Err()
		case <-timer.C:
			if err := healthy(); err != nil {
				return nil, nil, fmt.Errorf("nothing came for %v: %w", patience, err)
			}
		case <-a.wake:
			timer.Stop()
			a.mu.Lock()
			chunks, failed = a.chunks, a.failed
			a.chunks, a.failed = nil, nil
			a.mu.Unlock()
			return chunks, failed, nil
		}
	}
}
