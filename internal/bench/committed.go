package bench

import (
	"context"
	"fmt"
	"time"
)

const (
	// commitPoll is how often the committed offsets are asked for, and closePoll
	// how often from nine tenths of the records on: a broker's answer takes time
	// that is the worker's, too.
	commitPoll = 200 * time.Millisecond
	closePoll  = 20 * time.Millisecond
	// stallTimeout is how long nothing may happen.
	stallTimeout = time.Minute
)

// awaitCommitted returns when the group has committed the offsets of all that
// was in the topic, and says when that was seen. The error is that of look, or
// says that nothing happens any more.
func (b *bench) awaitCommitted(ctx context.Context, t *topic, group string, look func() error) (time.Time, error) {
	ends, err := t.ends(ctx)
	if err != nil {
		return time.Time{}, err
	}
	var total, before int64
	for _, end := range ends {
		total += end
	}
	last := time.Now()
	for {
		committed, err := t.cluster.Committed(ctx, group, t.partitions)
		now := time.Now()
		if err != nil {
			return now, err
		}
		var sum int64
		done := true
		for id, end := range ends {
			sum += committed[id]
			done = done && committed[id] >= end
		}
		b.done(sum, total)
		if done {
			return now, nil
		}
		if sum != before {
			before, last = sum, now
		}
		if err := look(); err != nil {
			return now, err
		}
		if now.Sub(last) > stallTimeout {
			return now, fmt.Errorf("waited for the group's offsets: nothing has happened for %v, %d of %d are committed",
				stallTimeout, sum, total)
		}
		pause := commitPoll
		if sum*10 >= total*9 {
			pause = closePoll
		}
		if wait(ctx, pause); ctx.Err() != nil {
			return now, ctx.Err()
		}
	}
}
