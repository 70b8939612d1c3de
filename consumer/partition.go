package consumer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"deductor/consumer/intake"
	"deductor/consumer/internal/crashpoint"
	"deductor/consumer/settle"
)

// errAbandoned stops a partition whose batch was given up before it was known
// whether it had been committed.
var errAbandoned = errors.New("the transaction in hand was given up")

// fencedError stops a partition whose watermark did not take a batch.
type fencedError struct {
	settle.Loss
}

func (e *fencedError) Error() string { return e.String() }

// partition is a partition while it is this worker's: acquired, fetched, settled
// by the lanes; and again from the start whenever something stops it.
type partition struct {
	key      settle.Key
	worker   *Worker
	held     *held
	queue    queue
	position settle.Position // written while the lanes don't serve the partition
	batch    *batch          // that it is in, nil when in none; lanes.mu guards it
	stopped  chan error      // holds the first reason to stop

	mu        sync.Mutex
	halt      *settle.HaltError
	running   bool
	epoch     int64
	next      int64 // all below is settled; -1 when that is not known
	committed int64 // what the group had committed when the partition was looked at; -1 for nothing
	rewound   bool  // it was told that reading goes back
	progress  time.Time
	caughtUp  time.Time // when nothing was to be settled, as far as is known
	inHand    time.Time // the timestamp of the first record that is being settled; zero for none
}

// run works on the partition until ctx ends. The facts are those of a look at
// all partitions, nil when there was none.
func (p *partition) run(ctx context.Context, first *settle.Assignment) {
	defer p.worker.health.forget(p.trouble("kafka"))
	defer p.worker.health.forget(p.trouble("database"))
	var fenced int64
	for ctx.Err() == nil {
		facts, err := p.facts(ctx, &first)
		if err != nil {
			return // ctx ended
		}
		facts.Fenced, fenced = fenced, 0
		p.noteCommitted(facts.Committed)
		position, err := p.acquire(ctx, facts)
		var halt *settle.HaltError
		var again *settle.LookAgainError
		switch {
		case err == nil:
			p.worker.health.set(p.trouble("database"), nil)
			p.noteStart(facts, position)
			p.read(ctx, position, facts.TopicID)
		case errors.As(err, &again):
			fenced = again.Epoch
		case errors.As(err, &halt):
			p.worker.health.set(p.trouble("database"), nil)
			p.halted(halt)
			wait(ctx, spread(p.worker.config.RecheckInterval))
		case ctx.Err() == nil:
			p.worker.health.set(p.trouble("database"), err)
			wait(ctx, spread(retryPause))
		}
	}
}

func (p *partition) trouble(with string) string { return troubleOf(with, p.key.Partition) }

// troubleOf names what one partition has with a server. Others have their own:
// it ends when the partition gets on, or is no longer this worker's.
func troubleOf(with string, partition int32) string {
	return fmt.Sprintf("%s, partition %d", with, partition)
}

// facts gives the first look once, and then looks anew.
func (p *partition) facts(ctx context.Context, first **settle.Assignment) (settle.Assignment, error) {
	if given := *first; given != nil {
		*first = nil
		return *given, nil
	}
	return p.look(ctx)
}

// acquireTimeout bounds one try to take a partition over or to halt it: longer
// than a lock of a worker that is gone can be in the way, shorter than TCP.
const acquireTimeout = 20 * time.Second

func (p *partition) acquire(ctx context.Context, facts settle.Assignment) (settle.Position, error) {
	ctx, cancel := context.WithTimeout(ctx, acquireTimeout)
	defer cancel()
	return settle.Acquire(ctx, p.worker.config.Database, facts)
}

// look asks Kafka anew where the partition stands, for as long as it takes.
func (p *partition) look(ctx context.Context) (settle.Assignment, error) {
	for {
		found, err := p.worker.look(ctx, []int32{p.key.Partition})
		if ctx.Err() != nil {
			return settle.Assignment{}, ctx.Err()
		}
		p.worker.health.set(p.trouble("kafka"), err)
		if err == nil {
			return found[p.key.Partition], nil
		}
		wait(ctx, spread(retryPause))
	}
}

// read fetches and settles until the partition is stopped or ctx ends.
func (p *partition) read(ctx context.Context, position settle.Position, topicID intake.TopicID) {
	p.begin(position)
	at := intake.Position{Offset: position.Offset, LeaderEpoch: position.LeaderEpoch, TopicID: topicID}
	p.worker.lanes.add(p)
	p.worker.fetcher.Assign(p.key.Partition, at, p)
	var cause error
	select {
	case <-ctx.Done():
	case cause = <-p.stopped:
	}
	p.worker.fetcher.Unassign(p.key.Partition)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.worker.config.DrainTimeout)
	defer cancel()
	p.worker.lanes.remove(drain, p)
	p.queue.drop()
	p.end()
	if cause != nil && ctx.Err() == nil {
		p.react(ctx, cause)
	}
}

// begin prepares for reading from a position. The offset is committed at once:
// the group's may be elsewhere, or nowhere.
func (p *partition) begin(position settle.Position) {
	p.position = position
	select {
	case <-p.stopped: //nolint:errcheck // it came after the last reason was acted on
	default:
	}
	p.mu.Lock()
	ended := p.halt
	p.halt, p.running, p.epoch = nil, true, position.Epoch
	p.next, p.progress = position.Offset, time.Now()
	p.mu.Unlock()
	if ended != nil {
		p.worker.config.Logger.Info("partition is no longer halted", "topic", p.key.Topic,
			"partition", p.key.Partition, "reason", ended.Reason)
	}
	p.queue.begin(position.Replay, p.worker.lanes.notify)
	p.worker.config.Logger.Info("partition assigned", "topic", p.key.Topic, "partition", p.key.Partition,
		"offset", position.Offset, "epoch", position.Epoch)
	if replay := position.Replay; replay.ID != 0 {
		p.worker.config.Logger.Info("replay goes on", "topic", p.key.Topic, "partition", p.key.Partition,
			"replay", replay.ID, "offset", position.Offset, "until", replay.Until, "rate", replay.Rate)
	}
	p.held.begin(p.key.Partition, position)
}

func (p *partition) end() {
	p.mu.Lock()
	p.running, p.progress, p.inHand = false, time.Now(), time.Time{}
	p.mu.Unlock()
}

// react does what the reason to stop asks for, before the partition is acquired
// again.
func (p *partition) react(ctx context.Context, cause error) {
	p.worker.config.Logger.Warn("partition stopped", "topic", p.key.Topic, "partition", p.key.Partition,
		"error", cause)
	var fenced *fencedError
	var broken intake.Halt
	switch {
	case errors.As(cause, &fenced) && fenced.PutBack():
		p.rewinds(fenced.Start, fenced.NextOffset)
	case errors.As(cause, &fenced) && fenced.StoredEpoch != fenced.Epoch && !fenced.Missing:
		// Another worker may have it: the group says so soon, or it is free again.
		wait(ctx, pauseAfterStop)
	case errors.As(cause, &broken) && seenAtStart(broken):
		// The next look judges it; should it find nothing, this goes on slowly.
		wait(ctx, pauseAfterStop)
	case errors.As(cause, &broken):
		p.haltFor(ctx, broken)
	}
}

// pauseAfterStop is how long a partition rests before it is acquired again for
// a reason that may come back at once.
const pauseAfterStop = time.Second

// seenAtStart tells what a look at the log and the watermark judges better than
// the fetch that noticed it.
func seenAtStart(broken intake.Halt) bool {
	var outOfRange *intake.OutOfRangeError
	var recreated *intake.TopicRecreatedError
	return errors.As(broken, &outOfRange) || errors.As(broken, &recreated)
}

// haltFor records a halt until the database takes it: the next look would
// otherwise go on as if nothing had been seen.
func (p *partition) haltFor(ctx context.Context, broken intake.Halt) {
	halt := &settle.HaltError{
		Reason: broken.Code(),
		Detail: fmt.Sprintf("%v; find out what was there, then partition skip --to-offset", broken),
	}
	for ctx.Err() == nil {
		halting, cancel := context.WithTimeout(ctx, acquireTimeout)
		err := settle.Halt(halting, p.worker.config.Database, p.key, p.position.Epoch, halt)
		cancel()
		p.worker.health.set(p.trouble("database"), err)
		if err == nil {
			return
		}
		wait(ctx, spread(retryPause))
	}
}

// stop makes read return, for the first reason that is given.
func (p *partition) stop(cause error) {
	select {
	case p.stopped <- cause:
	default:
	}
}

// Receive queues what was fetched ([intake.Receiver]). The lanes are told once all
// that came with it is queued: they take it together.
func (p *partition) Receive(chunk *intake.Chunk) {
	crashpoint.Reach(crashpoint.Fetched)
	p.queue.add(chunk)
}

// Fail stops the partition once what came before is settled ([intake.Receiver]):
// what is found broken begins where that ends.
func (p *partition) Fail(err error) {
	p.queue.close(err)
	p.worker.lanes.notify()
}

// wait waits, or returns early when ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// retryPause is the longest pause before something that failed is tried again.
const retryPause = time.Second

// spread is a random time from half the longest to it, so that many partitions
// and workers that failed together don't come back in step.
func spread(longest time.Duration) time.Duration {
	return longest/2 + rand.N(longest/2) //nolint:gosec // jitter, not a secret
}
