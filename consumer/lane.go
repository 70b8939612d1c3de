package consumer

import (
	"context"
	"errors"
	"slices"
	"time"

	"deductor/consumer/command"
	"deductor/consumer/settle"
)

// lane settles one transaction after the other. What queues up while a
// transaction runs becomes the next batch: a batch is as small as one record
// when little comes, and as large as it may be when much does.
type lane struct {
	lanes    *lanes
	settler  *settle.Settler
	observer Observer
	tracing  *tracing // nil when it is off
	done     func(settle.Counts)
	gaveUp   func() // called when a batch was given up, with what troubled it
	decoder  command.Decoder
	items    []settle.Item // those of the batch in hand, see decode
}

// run settles until ctx ends.
func (l *lane) run(ctx context.Context) {
	defer l.settler.Close()
	for {
		if taken := l.lanes.take(ctx); taken != nil {
			l.settle(taken)
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-l.lanes.wake:
		}
	}
}

// settle takes a batch to its end: committed, or without the partitions that
// are no longer this worker's.
func (l *lane) settle(taken *batch) {
	defer l.lanes.finish(taken)
	defer l.forget()
	l.observer.Waited(time.Since(taken.portions[0].fetched))
	l.tracing.begin(taken.portions)
	var failed error
	defer func() { l.tracing.end(failed) }()
	portions := slices.Clone(taken.portions)
	for len(portions) > 0 {
		counts, err := l.settler.Settle(taken.ctx, l.decode(portions))
		l.done(counts)
		var fenced *settle.FenceError
		switch {
		case err == nil:
			for i := range portions {
				portions[i].settled()
			}
			return
		case errors.As(err, &fenced):
			portions, failed = dropLost(portions, fenced), err
		default: // given up: whether it was committed is for the watermark to say
			failed = err
			if errors.Is(err, settle.ErrBlocked) {
				l.lanes.separate()
			}
			l.gaveUp()
			for i := range portions {
				portions[i].partition.stop(errAbandoned)
			}
			return
		}
	}
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

// decode reads the portions' records. The items of all are in memory that is
// used again for each batch: Settle has returned by then, and nobody that it
// tells of a batch keeps it ([Observer]).
func (l *lane) decode(portions []portion) []settle.Slice {
	decoded := make([]settle.Slice, len(portions))
	records := 0
	for i := range portions {
		records += len(portions[i].records)
	}
	l.items = slices.Grow(l.items[:0], records)[:records]
	rest := l.items
	for i := range portions {
		p := &portions[i]
		n := len(p.records)
		decoded[i] = settle.Slice{
			Key:         p.partition.key,
			SourceID:    p.partition.position.SourceID,
			Epoch:       p.partition.position.Epoch,
			Start:       p.start,
			End:         p.end,
			LeaderEpoch: p.leaderEpoch,
			Replay:      p.partition.position.Replay,
			Items:       rest[:n:n],
		}
		rest = rest[n:]
		for j, record := range p.records {
			item := &decoded[i].Items[j]
			item.Record = record
			item.Command, item.Rejection = l.decoder.Decode(record.Value)
		}
	}
	return decoded
}

// forget lets go of the batch's records: what they were fetched in is given back
// next, and a lane may rest for long.
func (l *lane) forget() { clear(l.items) }
