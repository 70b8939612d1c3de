package console

import (
	"context"
	"fmt"
	"sync"
	"time"

	"deductor/internal/partitions"
)

// How long the topic is not asked about again, how long asking may take, and how
// many looks are kept: an hour of them.
const (
	surveyAge     = 2 * time.Second
	surveyTimeout = 4 * time.Second
	kept          = 720
)

// watch looks at the topic and keeps what it saw.
type watch struct {
	sampling time.Duration
	survey   *cached[*partitions.Survey]
	count    func(context.Context) (counters, error)

	mu      sync.Mutex
	samples []sample // the oldest first
}

func newWatch(config Config, db *reader) *watch {
	return &watch{
		sampling: config.Sampling,
		survey: newCached(surveyAge, func(ctx context.Context) (*partitions.Survey, error) {
			ctx, cancel := context.WithTimeout(ctx, surveyTimeout)
			defer cancel()
			return partitions.Look(ctx, config.Cluster, db, config.Group)
		}),
		count: func(ctx context.Context) (counters, error) { return readCounters(ctx, db) },
	}
}

// run takes a sample now and then, until ctx ends. One that fails is left out:
// the pages say why, when somebody looks.
func (w *watch) run(ctx context.Context) {
	tick := time.NewTicker(w.sampling)
	defer tick.Stop()
	for {
		w.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (w *watch) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, pageTimeout)
	defer cancel()
	found, at, err := w.survey.get(ctx)
	if err != nil {
		return
	}
	counted, err := w.count(ctx)
	if err != nil {
		return
	}
	w.add(newSample(at, found, counted))
}

func (w *watch) add(s sample) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.samples); n > 0 && !s.at.After(w.samples[n-1].at) {
		return // the same look
	}
	w.samples = append(w.samples, s)
	if len(w.samples) > kept {
		w.samples = append([]sample(nil), w.samples[len(w.samples)-kept:]...)
	}
}

// history returns the samples, the oldest first. They are not to be changed.
func (w *watch) history() []sample {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.samples
}

// counters are how many rows were ever inserted.
type counters struct{ processed, transfers, letters int64 }

func readCounters(ctx context.Context, db *reader) (c counters, err error) {
	rows, err := db.Query(ctx, countersSQL)
	if err != nil {
		return c, fmt.Errorf("read Postgres' statistics: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&c.processed, &c.transfers, &c.letters); err != nil {
			return c, fmt.Errorf("read Postgres' statistics: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return c, fmt.Errorf("read Postgres' statistics: %w", err)
	}
	return c, nil
}
