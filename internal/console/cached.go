package console

import (
	"context"
	"time"
)

// cached keeps what was found for a while, so that what is asked of brokers and
// database does not grow with those who look. One looks at a time, the others
// wait for what it finds.
type cached[T any] struct {
	age  time.Duration
	find func(context.Context) (T, error)
	turn gate

	found T
	err   error
	at    time.Time // when found and err were found
	until time.Time
}

func newCached[T any](age time.Duration, find func(context.Context) (T, error)) *cached[T] {
	return &cached[T]{age: age, find: find, turn: newGate()}
}

// share bounds the part of the time that is spent on finding: what took a second
// is kept for twenty.
const share = 20

// get returns what is not too old, and when it was found. An error is kept as
// long as a value, unless the one who asked went away.
func (c *cached[T]) get(ctx context.Context) (found T, at time.Time, err error) {
	if err := c.turn.enter(ctx); err != nil {
		return found, at, err
	}
	defer c.turn.leave()
	if began := time.Now(); began.After(c.until) {
		c.found, c.err = c.find(ctx)
		if ctx.Err() != nil && c.err != nil {
			return c.found, began, c.err
		}
		c.at = time.Now()
		c.until = c.at.Add(max(c.age, share*c.at.Sub(began)))
	}
	return c.found, c.at, c.err
}
