package demo

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"deductor/internal/child"
	"deductor/internal/progress"
)

// When the first worker is killed: with so much decided.
const killAtPercent = 40

const (
	// sessionTimeout of the workers is short: so long nobody does a killed
	// worker's work.
	sessionTimeout = 2 * time.Second
	// pollInterval is how often the database is asked how far it is.
	pollInterval = 50 * time.Millisecond
	// stallTimeout is how long nothing may happen.
	stallTimeout = 30 * time.Second
)

// show is one run.
type show struct {
	Config
	plan     *Plan
	stage    *stage
	crew     *crew
	narrator *narrator
	sender   *sender

	decided atomic.Int64 // records with an outcome in the database

	killed        string // the worker's name
	repeated      int64  // records that it had decided and that are read again
	repeatedKnown bool
}

// play runs until all is decided and committed.
func (d *show) play(ctx context.Context) error {
	var names []string
	for range d.Workers {
		w, err := d.crew.start()
		if err != nil {
			return err
		}
		names = append(names, fmt.Sprintf("%s (pid %d)", w.Name, w.PID()))
	}
	d.narrator.say("%s started, as a role that can't delete anything or change a transfer", strings.Join(names, ", "))
	d.narrator.watch(d.progress)
	defer d.narrator.pause()
	if err := d.await(ctx, "the workers to share the partitions", func(ctx context.Context) (bool, error) {
		return d.stage.spread(ctx, d.Workers)
	}); err != nil {
		return err
	}
	sending := d.sender.start(ctx, d.plan.messages)
	defer sending.stop()
	total := int64(len(d.plan.messages))
	if err := d.await(ctx, "records to be decided", func(context.Context) (bool, error) {
		return d.decided.Load()*100 >= total*killAtPercent, sending.failed()
	}); err != nil {
		return err
	}
	if err := d.replace(ctx, d.crew.workers[0]); err != nil {
		return err
	}
	if err := d.await(ctx, "all records to be sent", func(context.Context) (bool, error) {
		return d.sender.sent.Load() == total, sending.failed()
	}); err != nil {
		return err
	}
	if err := d.await(ctx, "all records to be decided, and their offsets committed", d.stage.done); err != nil {
		return err
	}
	d.narrator.pause()
	d.narrator.say("all records are decided, all offsets committed")
	return nil
}

// replace kills a worker and starts another.
func (d *show) replace(ctx context.Context, w *child.Worker) error {
	w.Kill()
	d.killed = w.Name
	killed := fmt.Sprintf("%s (pid %d) was killed: SIGKILL, with %s records decided", w.Name, w.PID(),
		progress.Thousands(d.decided.Load()))
	var err error
	if d.repeated, d.repeatedKnown, err = d.stage.uncommitted(ctx, w.Name); err != nil {
		return err
	}
	next, err := d.crew.start()
	if err != nil {
		return err
	}
	replaced := fmt.Sprintf("%s (pid %d) was started in its place; the group goes on when it misses %s, after %v",
		next.Name, next.PID(), w.Name, sessionTimeout)
	d.narrator.sayAll(killed, replaced)
	return nil
}

// await asks until the answer is yes. The error is the question's, that of a
// worker that ended by itself, or says that nothing happens any more.
func (d *show) await(ctx context.Context, what string, yes func(context.Context) (bool, error)) error {
	last := time.Now()
	for {
		decided, err := d.stage.decided(ctx)
		if err != nil {
			return err
		}
		if d.decided.Swap(decided) != decided {
			last = time.Now()
		}
		if ok, err := yes(ctx); ok || err != nil {
			return err
		}
		if err := d.crew.look(); err != nil {
			return err
		}
		if time.Since(last) > stallTimeout {
			return fmt.Errorf("waited for %s: nothing has happened for %v", what, stallTimeout)
		}
		d.narrator.tick()
		if wait(ctx, pollInterval); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

func (d *show) progress() string {
	decided := d.decided.Load()
	sent := max(decided, d.sender.sent.Load()) // the broker's answer may be on its way
	return fmt.Sprintf("sent %s of %s, decided %s, %d workers", progress.Thousands(sent),
		progress.Thousands(int64(len(d.plan.messages))), progress.Thousands(decided), d.crew.alive.Load())
}

// wait returns early when ctx ends.
func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
