package consumer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deductor/consumer/settle"
)

// probeTimeout is after how long a database that says nothing counts as gone.
const probeTimeout = 3 * time.Second

// watch looks after what nothing happens to: partitions that don't get on,
// partitions that were fenced while there was nothing to settle, and a database
// that no longer answers.
func (w *Worker) watch(ctx context.Context) {
	for ctx.Err() == nil {
		wait(ctx, w.config.RecheckInterval)
		w.health.set("progress", w.stalled())
		w.findFenced(ctx)
	}
}

// findFenced stops partitions whose epoch moved on, so that an operator's
// intervention is followed also where no batch would meet the fence.
func (w *Worker) findFenced(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	known, err := settle.Partitions(asking, w.config.Database, w.config.Group, w.config.Topic)
	if ctx.Err() != nil {
		return
	}
	w.health.set("database, probe", err)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.partitions {
		for i := range known {
			if known[i].Key == p.key && known[i].Watermark != nil {
				p.compare(*known[i].Watermark)
			}
		}
	}
}

// compare stops the partition when its watermark is under a later epoch.
func (p *partition) compare(stored settle.Watermark) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running && stored.Epoch > p.epoch {
		p.stop(&fencedError{settle.Loss{
			Key: p.key, Epoch: p.epoch, StoredEpoch: stored.Epoch, Start: p.next, NextOffset: stored.NextOffset}})
	}
}

// stalled tells about the partitions that have records to read and don't get on.
func (w *Worker) stalled() error {
	ends := make(map[int32]int64)
	for _, stats := range w.fetcher.Stats() {
		ends[stats.Partition] = stats.LastStable
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var errs []error
	for _, p := range w.partitions {
		errs = append(errs, p.stalled(ends[p.key.Partition], w.config.StallTimeout))
	}
	return errors.Join(errs...)
}

func (p *partition) stalled(end int64, timeout time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	still := time.Since(p.progress)
	if !p.running || p.next >= end || still < timeout {
		return nil
	}
	return fmt.Errorf("partition %d stands at offset %d for %v, %d before the end",
		p.key.Partition, p.next, still.Round(time.Second), end-p.next)
}
