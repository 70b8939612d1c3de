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

// probeTrouble is what a database is troubled by that no longer answers.
const probeTrouble = "database, probe"

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

// findFenced stops partitions whose watermark is no longer what this worker
// made it: another epoch, or an offset that is behind (the database was put
// back). Without it, both would be noticed only by the next record's batch.
func (w *Worker) findFenced(ctx context.Context) {
	before := w.standings() // what is committed from now on may be missing in the answer
	asking, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	known, err := settle.Partitions(asking, w.config.Database, w.config.Group, w.config.Topic)
	if ctx.Err() != nil {
		return
	}
	w.health.set(probeTrouble, err)
	w.probed.Store(true)
	if err != nil {
		return
	}
	watermarks := make(map[settle.Key]*settle.Watermark, len(known))
	for i := range known {
		watermarks[known[i].Key] = known[i].Watermark
	}
	w.noteWatermarks(watermarks)
	for _, s := range before {
		if loss, lost := s.compare(watermarks[s.partition.key]); lost {
			s.partition.stopUnder(s.epoch, &fencedError{loss})
		}
	}
}

// noteWatermarks tells the partitions that are not being read how far they are.
func (w *Worker) noteWatermarks(stored map[settle.Key]*settle.Watermark) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.partitions {
		p.mu.Lock()
		if mark := stored[p.key]; mark != nil && !p.running {
			p.next = mark.NextOffset
		}
		p.mu.Unlock()
	}
}

// standing is how far a partition was at one moment.
type standing struct {
	partition *partition
	epoch     int64
	next      int64
}

func (w *Worker) standings() []standing {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []standing
	for _, p := range w.partitions {
		p.mu.Lock()
		if p.running {
			all = append(all, standing{p, p.epoch, p.next})
		}
		p.mu.Unlock()
	}
	return all
}

// compare tells whether a watermark that was read later is not the partition's.
func (s standing) compare(stored *settle.Watermark) (loss settle.Loss, lost bool) {
	loss = settle.Loss{Key: s.partition.key, Epoch: s.epoch, Start: s.next}
	if stored == nil {
		loss.Missing = true
		return loss, true
	}
	loss.StoredEpoch, loss.NextOffset = stored.Epoch, stored.NextOffset
	return loss, stored.Epoch != s.epoch || stored.NextOffset < s.next
}

// stopUnder stops the partition unless it was acquired anew meanwhile.
func (p *partition) stopUnder(epoch int64, cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running && p.epoch == epoch {
		p.stop(cause)
	}
}

// stalled tells about the partitions that have records to read and don't get on.
func (w *Worker) stalled() error {
	var errs []error
	for _, p := range w.State().Partitions {
		errs = append(errs, p.stuck(w.config.StallTimeout))
	}
	return errors.Join(errs...)
}

func (p *PartitionState) stuck(timeout time.Duration) error {
	switch {
	case p.Halt != nil:
		return nil
	case !p.Reading && p.idle >= timeout:
		return fmt.Errorf("partition %d could not be taken up for %v", p.Partition, p.idle.Round(time.Second))
	case p.Reading && p.Stalled >= timeout:
		return fmt.Errorf("partition %d stands at offset %d for %v, %d before the end",
			p.Partition, p.Position, p.Stalled.Round(time.Second), p.Lag)
	}
	return nil
}
