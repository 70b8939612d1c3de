package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Rebalance is what a worker's start, coming and going costs: medians of the
// runs.
type Rebalance struct {
	RebalanceSample
	Runs []RebalanceSample `json:"runs"`
}

// RebalanceSample is one run.
type RebalanceSample struct {
	// StartToFirstDebit is from the start of the first worker's process until a
	// commit of its is seen; records wait, the topic and the tables are known.
	StartToFirstDebit float64 `json:"start_to_first_debit_seconds"`
	// Join is while a second worker is started, Leave while it is stopped by
	// SIGTERM.
	Join  Pauses `json:"join"`
	Leave Pauses `json:"leave"`
}

// Pauses are the longest times without a commit, under a steady load.
type Pauses struct {
	// Partition is the longest of any partition, Overall of all together.
	Partition float64 `json:"partition_seconds"`
	Overall   float64 `json:"overall_seconds"`
}

const (
	rebalanceRate = 2000 // records a second
	// rebalanceCalm is how long the load is watched before and after a change.
	rebalanceCalm = 1500 * time.Millisecond
	// rebalanceMost bounds how long the load may be needed.
	rebalanceMost = 5 * time.Minute
)

func (b *bench) measureRebalance(ctx context.Context, report *Report) error {
	if !b.cfg.has(partRebalance) {
		return nil
	}
	r := &Rebalance{}
	for round := range b.cfg.Runs {
		b.inRound(round)
		sample, err := b.rebalance(ctx)
		if err != nil {
			return fmt.Errorf("run %d: %s: %w", round+1, partRebalance, err)
		}
		r.Runs = append(r.Runs, sample)
	}
	of := func(value func(*RebalanceSample) float64) float64 { return median(each(r.Runs, value)) }
	r.RebalanceSample = RebalanceSample{
		StartToFirstDebit: of(func(s *RebalanceSample) float64 { return s.StartToFirstDebit }),
		Join: Pauses{of(func(s *RebalanceSample) float64 { return s.Join.Partition }),
			of(func(s *RebalanceSample) float64 { return s.Join.Overall })},
		Leave: Pauses{of(func(s *RebalanceSample) float64 { return s.Leave.Partition }),
			of(func(s *RebalanceSample) float64 { return s.Leave.Overall })},
	}
	report.Rebalance = r
	return nil
}

func (b *bench) rebalance(ctx context.Context) (sample RebalanceSample, err error) {
	b.say("%s", partRebalance)
	w := newWorkload(&b.cfg, shape{}, rebalanceRate*int(rebalanceMost.Seconds()), b.cfg.Seed)
	s, err := b.openSteady(ctx, partRebalance, w, rebalanceRate)
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	if err != nil {
		return sample, err
	}
	until, enough := context.WithCancel(ctx)
	sent := make(chan error, 1)
	go func() { sent <- s.pacer.run(ctx, until) }()
	moments, err := s.change(ctx)
	enough()
	if err := errors.Join(err, <-sent); err != nil {
		return sample, err
	}
	if err := s.finish(ctx, partRebalance); err != nil {
		return sample, err
	}
	return RebalanceSample{
		StartToFirstDebit: s.watcher.first().Sub(moments.started).Seconds(),
		Join:              s.watcher.pauses(moments.joining, moments.joined),
		Leave:             s.watcher.pauses(moments.leaving, moments.left),
	}, nil
}

// moments are when things happened.
type moments struct {
	started, joining, joined, leaving, left time.Time
}

// change starts a worker, has a second one come, and go again.
func (s *steady) change(ctx context.Context) (m moments, err error) {
	m.started = time.Now()
	if _, err := s.crew.start(); err != nil {
		return m, err
	}
	calm := func(workers int) error {
		if err := s.awaitOwners(ctx, workers); err != nil {
			return err
		}
		shared := time.Now()
		if err := eventually(ctx, "all partitions to move again", func(context.Context) (bool, error) {
			return s.watcher.flows(len(s.topic.partitions), shared), s.crew.look()
		}); err != nil {
			return err
		}
		wait(ctx, rebalanceCalm)
		return ctx.Err()
	}
	if err := calm(1); err != nil {
		return m, err
	}
	m.joining = time.Now()
	second, err := s.crew.start()
	if err != nil {
		return m, err
	}
	if err := calm(2); err != nil {
		return m, err
	}
	m.joined, m.leaving = time.Now(), time.Now()
	second.Ask()
	if err := second.Await(); err != nil {
		return m, err
	}
	err = calm(1)
	m.left = time.Now()
	return m, err
}

// pauses are the longest times without an advance that touch the time from begin
// to end.
func (w *watcher) pauses(begin, end time.Time) Pauses {
	var p Pauses
	var all []time.Time
	for _, partition := range slices.Sorted(maps.Keys(w.advances)) {
		its := each(w.advances[partition], func(a *advance) time.Time { return a.seen })
		p.Partition = max(p.Partition, longestGap(its, begin, end))
		all = append(all, its...)
	}
	slices.SortFunc(all, time.Time.Compare)
	p.Overall = longestGap(all, begin, end)
	return p
}

// longestGap is in seconds.
func longestGap(sorted []time.Time, begin, end time.Time) (longest float64) {
	for i := 1; i < len(sorted); i++ {
		if sorted[i].After(begin) && sorted[i-1].Before(end) {
			longest = max(longest, sorted[i].Sub(sorted[i-1]).Seconds())
		}
	}
	return longest
}
