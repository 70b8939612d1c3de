package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"deductor/internal/progress"
)

// Run shows it all and writes the result. It returns when everything that it
// started is gone, also when ctx ends; with Keep, it waits for that.
//
// The error is a [*WrongError] when the database does not say what it must.
// Workers' logs are kept then, and after any other failure.
func Run(ctx context.Context, cfg Config) (err error) {
	cfg = cfg.withSeed()
	plan, err := NewPlan(cfg.Orders, cfg.Duplicates, cfg.Seed)
	if err != nil {
		return err
	}
	n := newNarrator(cfg.Stderr)
	n.say("seed %d: %s orders, %s duplicates, %s records in all", cfg.Seed, progress.Thousands(int64(cfg.Orders)),
		progress.Thousands(int64(cfg.Duplicates)), progress.Thousands(int64(len(plan.messages))))
	s, err := openStage(ctx, plan, n)
	defer func() { err = errors.Join(err, s.close()) }()
	if err != nil {
		return err
	}
	c, err := newCrew(cfg.Executable, s)
	if err != nil {
		return err
	}
	defer func() {
		n.pause()
		err = errors.Join(err, c.stop())
		if err == nil || errors.Is(err, context.Canceled) {
			err = errors.Join(err, os.RemoveAll(c.dir))
		} else {
			n.say("the workers' logs are kept in %s", c.dir)
		}
	}()
	show := &show{Config: cfg, plan: plan, stage: s, crew: c, narrator: n, sender: &sender{brokers: s.kafka.Brokers()}}
	if err := show.play(ctx); err != nil {
		return err
	}
	if err = show.report(ctx); errors.As(err, new(*WrongError)) || err == nil {
		show.keep(ctx)
	}
	return err
}

// report reads the result, compares it and shows it.
func (d *show) report(ctx context.Context) error {
	f, err := read(ctx, d.stage.conn)
	if err != nil {
		return err
	}
	w := d.Stdout
	fmt.Fprintln(w)
	wrong := writeTable(w, verify(d.plan, f))
	fmt.Fprintln(w)
	writeTrialBalance(w, f.totals)
	fmt.Fprintln(w)
	if d.repeatedKnown {
		fmt.Fprintf(w, "When %s was killed, it had decided %s records that Kafka had not heard of.\n"+
			"They were delivered to another worker, which found them in the database.\n\n",
			d.killed, progress.Thousands(d.repeated))
	}
	fmt.Fprintf(w, "%s records in %.1f s, with seed %d.\n", progress.Thousands(int64(len(d.plan.messages))),
		time.Since(d.narrator.began).Seconds(), d.Seed)
	return wrong
}
