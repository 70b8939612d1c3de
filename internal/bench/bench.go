package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"deductor/internal/progress"
)

// bench is one invocation.
type bench struct {
	cfg       Config
	place     *place
	round     string                 // begins what is told on the way
	doing     atomic.Pointer[string] // what is told
	counted   atomic.Pointer[[2]int64]
	started   int // workers, so far
	named     int // topics, so far
	reference *reference
}

// reference is a ledger that a worker wrote before anything is timed: its rows
// are the floor's, its topic is what all others read, and replay reads it again.
type reference struct {
	books  *books
	topic  *topic
	group  string
	copies *copies
}

// Run measures and returns what it found. It returns when everything that it
// made is removed and all that it started is gone, also when ctx ends.
//
// The error is a [*VoidError] when a part left a wrong ledger.
func Run(ctx context.Context, cfg Config) (report *Report, err error) {
	b := &bench{cfg: cfg.withDefaults()}
	b.say("connecting")
	line := progress.Start(cfg.Progress, b.line)
	defer func() {
		if err == nil {
			b.say("done")
		}
		line.Stop()
	}()
	b.place, err = openPlace(ctx, &b.cfg, b.say)
	defer func() {
		b.say("removing what was made")
		err = errors.Join(err, b.place.close())
		if err == nil || errors.Is(err, context.Canceled) {
			err = errors.Join(err, os.RemoveAll(b.place.logs))
		} else {
			err = fmt.Errorf("%w (the workers' logs are in %s)", err, b.place.logs)
		}
	}()
	if err != nil {
		return nil, err
	}
	return b.measure(ctx)
}

// say tells what is being done.
func (b *bench) say(format string, args ...any) {
	text := b.round + fmt.Sprintf(format, args...)
	b.doing.Store(&text)
	b.counted.Store(nil)
}

// inRound says in which round, from 0, what follows is; -1 for none.
func (b *bench) inRound(round int) {
	b.round = ""
	if round >= 0 {
		b.round = fmt.Sprintf("run %d of %d: ", round+1, b.cfg.Runs)
	}
}

// done tells how far it is.
func (b *bench) done(done, total int64) { b.counted.Store(&[2]int64{done, total}) }

func (b *bench) line() string {
	text := *b.doing.Load()
	if counted := b.counted.Load(); counted != nil {
		text += fmt.Sprintf(", %s of %s", progress.Thousands(counted[0]), progress.Thousands(counted[1]))
	}
	return text
}

func (b *bench) measure(ctx context.Context) (*Report, error) {
	machine, err := b.place.machine(ctx)
	if err != nil {
		return nil, err
	}
	report := &Report{
		Seed: b.cfg.Seed, Commands: b.cfg.Commands, Accounts: b.cfg.Accounts, Partitions: b.cfg.Partitions,
		Lanes: b.cfg.Lanes, BatchMax: b.cfg.BatchMax, Machine: machine, Ratios: make(map[string]float64),
	}
	defer b.inRound(-1)
	for _, measure := range []func(context.Context, *Report) error{
		b.measureThroughput, b.measureLatency, b.measureRebalance, b.measureShapes,
	} {
		if err := measure(ctx, report); err != nil {
			return nil, err
		}
	}
	report.compare()
	return report, nil
}

// unique is the name with a number.
func (b *bench) unique(name string) string {
	b.named++
	return fmt.Sprintf("%s-%d", name, b.named)
}
