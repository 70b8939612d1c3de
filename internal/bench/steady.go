package bench

import (
	"context"
	"errors"

	"deductor/consumer/settle"
)

// steady is workers under a steady load, watched.
type steady struct {
	bench   *bench
	topic   *topic
	books   *books
	crew    *crew
	pacer   *pacer
	watcher *watcher
}

// openSteady makes all that it takes and starts none of it. It is to be closed,
// whatever the error.
func (b *bench) openSteady(ctx context.Context, name string, w *workload, rate float64) (*steady, error) {
	s := &steady{bench: b}
	var err error
	if s.topic, err = b.place.createTopic(ctx, b.unique(name), b.cfg.Partitions); err != nil {
		return s, err
	}
	if s.books, err = b.place.openLedger(ctx, name, w); err != nil {
		return s, err
	}
	if err := b.place.checkpoint(ctx); err != nil {
		return s, err
	}
	s.crew = b.newCrew(s.books, s.topic, b.place.newGroup(name))
	s.pacer = newPacer(s.topic, w, rate)
	s.watcher, err = b.watch(ctx, s.books, s.topic, s.crew.group)
	return s, err
}

// awaitOwners waits until each partition has an owner, and these are so many.
func (s *steady) awaitOwners(ctx context.Context, workers int) error {
	return eventually(ctx, "the workers to share the partitions", func(ctx context.Context) (bool, error) {
		if err := s.crew.look(); err != nil {
			return false, err
		}
		known, err := settle.Partitions(ctx, s.books.conn, s.crew.group, s.topic.name)
		if err != nil {
			return false, err
		}
		owners := make(map[string]bool)
		for _, p := range known {
			if p.Watermark == nil {
				return false, nil
			}
			owners[p.Watermark.Owner] = true
		}
		return len(known) == len(s.topic.partitions) && len(owners) == workers, nil
	})
}

// finish waits until all that was sent is committed, stops the workers and the
// watch, and audits the ledger.
func (s *steady) finish(ctx context.Context, part string) error {
	if err := s.watcher.await(ctx, int64(len(s.pacer.records)), s.crew.look); err != nil {
		return err
	}
	if err := errors.Join(s.crew.stop(), s.watcher.stop()); err != nil {
		return err
	}
	return auditLedger(ctx, s.books.conn, part, s.topic.content)
}

// close removes what was made.
func (s *steady) close(ctx context.Context) error {
	var errs []error
	if s.crew != nil {
		errs = append(errs, s.crew.stop())
	}
	if s.watcher != nil {
		errs = append(errs, s.watcher.stop())
	}
	if ctx.Err() != nil {
		return errors.Join(errs...) // the rest is removed with all else
	}
	if s.books != nil {
		errs = append(errs, s.books.drop(ctx))
	}
	if s.topic != nil {
		errs = append(errs, s.topic.remove(ctx))
	}
	return errors.Join(errs...)
}
