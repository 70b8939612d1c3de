package consumer

import (
	"context"
	"errors"
	"slices"
	"sync"

	"deductor/consumer/command"
	"deductor/consumer/settle"
)

// lane settles the partitions that were put on it, one transaction after the
// other. What queues up while a transaction runs becomes the next batch: a
// batch is as small as one record when little comes, and as large as it may be
// when much does.
type lane struct {
	settler  *settle.Settler
	batchMax int
	done     func(settle.Counts)
	gaveUp   func() // called when a batch was given up, with what troubled it
	decoder  command.Decoder

	mu         sync.Mutex
	partitions []*partition // in the order in which they are served
	inHand     []*partition // those of the batch that is being settled
	abandon    context.CancelFunc
	idle       chan struct{} // closed when the batch in hand is settled
	wake       chan struct{}
}

func newLane(settler *settle.Settler, batchMax int, done func(settle.Counts), gaveUp func()) *lane {
	return &lane{settler: settler, batchMax: batchMax, done: done, gaveUp: gaveUp, wake: make(chan struct{}, 1)}
}

// run settles until ctx ends.
func (l *lane) run(ctx context.Context) {
	defer l.settler.Close()
	for {
		if taken := l.take(ctx); taken != nil {
			l.settle(taken)
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		}
	}
}

// add puts a partition on the lane.
func (l *lane) add(p *partition) {
	l.mu.Lock()
	l.partitions = append(l.partitions, p)
	l.mu.Unlock()
	l.notify()
}

// remove takes a partition off the lane. When it returns, nothing of it is
// being settled: a transaction in hand is waited for, and given up (its result
// is then unknown) when ctx ends first.
func (l *lane) remove(ctx context.Context, p *partition) {
	l.mu.Lock()
	l.partitions = slices.DeleteFunc(l.partitions, func(other *partition) bool { return other == p })
	idle, abandon := l.idle, l.abandon
	busy := slices.Contains(l.inHand, p)
	l.mu.Unlock()
	if !busy {
		return
	}
	select {
	case <-idle:
	case <-ctx.Done():
		abandon()
		<-idle
	}
}

func (l *lane) notify() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// taken is a batch in hand.
type taken struct {
	ctx      context.Context //nolint:containedctx // it ends with the batch, not with a call
	portions []portion
}

// take makes a batch of what is queued, nil when nothing is. Partitions take
// turns to be the first.
func (l *lane) take(ctx context.Context) *taken {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ctx.Err() != nil {
		return nil
	}
	room := l.batchMax
	batch := &taken{}
	l.inHand = l.inHand[:0]
	for _, p := range l.partitions {
		if room == 0 {
			break
		}
		if portion, ok := p.queue.take(room); ok {
			portion.partition = p
			batch.portions = append(batch.portions, portion)
			l.inHand = append(l.inHand, p)
			room -= len(portion.records)
		} else if err := p.queue.ended(); err != nil {
			p.stop(err)
		}
	}
	if len(batch.portions) == 0 {
		return nil
	}
	l.partitions = append(l.partitions[1:], l.partitions[0])
	batch.ctx, l.abandon = context.WithCancel(context.Background())
	l.idle = make(chan struct{})
	return batch
}

// settle takes a batch to its end: committed, or without the partitions that
// are no longer this worker's.
func (l *lane) settle(batch *taken) {
	defer l.finish(batch)
	portions := slices.Clone(batch.portions)
	for len(portions) > 0 {
		counts, err := l.settler.Settle(batch.ctx, l.decode(portions))
		l.done(counts)
		var fenced *settle.FenceError
		switch {
		case err == nil:
			for i := range portions {
				portions[i].settled()
			}
			return
		case errors.As(err, &fenced):
			portions = dropLost(portions, fenced)
		default: // given up: whether it was committed is for the watermark to say
			l.gaveUp()
			for i := range portions {
				portions[i].partition.stop(errAbandoned)
			}
			return
		}
	}
}

func (l *lane) finish(batch *taken) {
	for i := range batch.portions {
		batch.portions[i].release()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.abandon()
	l.inHand = l.inHand[:0]
	close(l.idle)
}

// dropLost stops the partitions that were fenced and returns the others'
// portions.
func dropLost(portions []portion, fenced *settle.FenceError) []portion {
	for _, loss := range fenced.Losses {
		portions = slices.DeleteFunc(portions, func(p portion) bool {
			if p.partition.key != loss.Key {
				return false
			}
			p.partition.stop(&fencedError{loss})
			return true
		})
	}
	return portions
}

func (l *lane) decode(portions []portion) []settle.Slice {
	batch := make([]settle.Slice, len(portions))
	for i := range portions {
		p := &portions[i]
		batch[i] = settle.Slice{
			Key:         p.partition.key,
			SourceID:    p.partition.position.SourceID,
			Epoch:       p.partition.position.Epoch,
			Start:       p.start,
			End:         p.end,
			LeaderEpoch: p.leaderEpoch,
			Replay:      p.partition.position.Replay,
			Items:       make([]settle.Item, len(p.records)),
		}
		for j, record := range p.records {
			item := &batch[i].Items[j]
			item.Record = record
			item.Command, item.Rejection = l.decoder.Decode(record.Value)
		}
	}
	return batch
}
