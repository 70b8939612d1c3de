package consumer

import (
	"context"
	"slices"
	"sync"
	"time"
)

// lanes are a worker's transactions side by side. They share what is queued: a
// lane that is free takes it, so that little work is one transaction and much
// work is one on each lane. A partition is in one batch at a time, which keeps
// its order.
type lanes struct {
	all  []*lane
	wake chan struct{} // holds one token when there may be something to take

	mu         sync.Mutex
	partitions []*partition // in the order in which they are served
	busy       int          // lanes with a batch in hand
	size       sizing
	began      time.Time // when the last batch was taken
	apart      time.Time // until then, partitions are settled one by one
}

// enough records for a transaction, when another lane could take the rest.
const enough = 500

// aWhile is how long few records wait for a transaction that runs. Most are done by
// then: the lane that comes back takes all that queued up meanwhile in one, where
// lanes side by side would make several, and each takes its time from the others.
const aWhile = 10 * time.Millisecond

// apartFor is how long partitions are settled one by one after one of them kept
// others waiting.
const apartFor = time.Minute

func newLanes(batchMax int) *lanes {
	return &lanes{size: newSizing(batchMax), wake: make(chan struct{}, 1)}
}

// add has a partition served.
func (l *lanes) add(p *partition) {
	l.mu.Lock()
	l.partitions = append(l.partitions, p)
	l.mu.Unlock()
	l.notify()
}

// remove has a partition served no more. When it returns, nothing of it is
// being settled: a transaction in hand is waited for, and given up (its result
// is then unknown) when ctx ends first.
func (l *lanes) remove(ctx context.Context, p *partition) {
	l.mu.Lock()
	l.partitions = slices.DeleteFunc(l.partitions, func(other *partition) bool { return other == p })
	batch := p.batch
	l.mu.Unlock()
	if batch == nil {
		return
	}
	select {
	case <-batch.settled:
	case <-ctx.Done():
		batch.abandon()
		<-batch.settled
	}
}

func (l *lanes) notify() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// batch is what is being settled by a lane.
type batch struct {
	ctx      context.Context //nolint:containedctx // it ends with the batch, not with a call
	abandon  context.CancelFunc
	began    time.Time
	settled  chan struct{} // closed when it is, or was given up
	portions []portion
}

// take makes a batch of what is queued, nil when nothing is. Partitions take
// turns to be the first.
func (l *lanes) take(ctx context.Context) *batch {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ctx.Err() != nil {
		return nil
	}
	taken := &batch{began: time.Now(), settled: make(chan struct{})}
	if rest := aWhile - taken.began.Sub(l.began); l.busy > 0 && rest > 0 && l.few() {
		time.AfterFunc(rest, l.notify)
		return nil
	}
	size := l.size.now
	room := size
	apart := taken.began.Before(l.apart)
	for _, p := range l.partitions {
		if room == 0 || len(taken.portions) > 0 && apart || size-room >= enough && l.busy+1 < len(l.all) {
			break
		}
		if p.batch != nil {
			continue
		}
		if portion, ok := p.queue.take(room); ok {
			portion.partition = p
			p.taken(&portion)
			p.batch = taken
			taken.portions = append(taken.portions, portion)
			room -= len(portion.records)
		} else if err := p.queue.ended(); err != nil {
			p.stop(err)
		}
	}
	if len(taken.portions) == 0 {
		return nil
	}
	l.busy++
	l.began = taken.began
	taken.ctx, taken.abandon = context.WithCancel(context.Background())
	l.partitions = append(l.partitions[1:], l.partitions[0])
	l.notify() // another lane may take what is left
	return taken
}

// few tells whether what is queued is not worth a transaction beside others: it
// fills none, and is not enough for one.
func (l *lanes) few() bool {
	queued := 0
	for _, p := range l.partitions {
		if p.batch == nil {
			queued += p.queue.length()
		}
	}
	return queued < min(enough, l.size.now)
}

// finish frees the batch's partitions and its memory.
func (l *lanes) finish(done *batch) {
	for i := range done.portions {
		done.portions[i].release()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	records := 0
	for i := range done.portions {
		records += len(done.portions[i].records)
		done.portions[i].partition.batch = nil
	}
	l.size.learn(records, time.Since(done.began))
	l.busy--
	done.abandon()
	close(done.settled)
}

// separate has partitions settled one by one for a while.
func (l *lanes) separate() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.apart = time.Now().Add(apartFor)
}
