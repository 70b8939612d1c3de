package settle

import (
	"context"
	"math"

	"github.com/jackc/pgx/v5"
)

// admission is what lets a batch into its transaction, and keeps beside the
// outcomes of its records what only that kind of batch has.
type admission interface {
	// queue adds what is asked in the first round trip, before any account is
	// locked.
	queue(batch *pgx.Batch)
	// check looks at the answers, before anything is decided.
	check(ctx context.Context, conn *pgx.Conn) error
	// admits tells whether the record is to be decided. One that is not is
	// counted as a dead letter, and nothing is written of it.
	admits(slice *Slice, item *Item) bool
	// turn tells which dead letters a new command waits for: those of its
	// account that are open and whose ids are below. With 0 it waits for none.
	turn(item *Item) int64
	// letters are the dead letters that the batch is made of.
	letters() []int64
	// finish adds what is written in the second round trip, before COMMIT.
	finish(batch *pgx.Batch, t *transaction)
}

// reading admits what a worker read: while it owns the partitions, and but for
// records that were set aside before. These have their outcome.
type reading struct {
	batch      []Slice
	quarantine bool
	fenced     map[Key]bool      // slices whose watermark moved
	setAside   map[place]bool    // records that are dead letters, and were not requeued
	replays    map[counted]int64 // how far running replays of the batch are counted
}

// place is where a record stands: a row of source and an offset.
type place struct {
	sourceID int32
	offset   int64
}

func newReading(batch []Slice, quarantine bool) *reading {
	return &reading{batch: batch, quarantine: quarantine, fenced: make(map[Key]bool, len(batch))}
}

func (r *reading) queue(batch *pgx.Batch) {
	r.queueFence(batch)
	r.queueReplays(batch)
	r.queueFindDeadLetters(batch)
}

func (r *reading) queueFindDeadLetters(batch *pgx.Batch) {
	var sources []int32
	var starts, ends []int64
	for i := range r.batch {
		if s := &r.batch[i]; len(s.Items) > 0 {
			sources, starts, ends = append(sources, s.SourceID), append(starts, s.Start), append(ends, s.End)
		}
	}
	if len(sources) == 0 {
		return
	}
	batch.Queue(findDeadLettersSQL, sources, starts, ends).Query(func(rows pgx.Rows) error {
		var at place
		_, err := pgx.ForEachRow(rows, []any{&at.sourceID, &at.offset}, func() error {
			if r.setAside == nil {
				r.setAside = make(map[place]bool)
			}
			r.setAside[at] = true
			return nil
		})
		return err
	})
}

func (r *reading) check(ctx context.Context, conn *pgx.Conn) error { return r.checkFence(ctx, conn) }

func (r *reading) admits(slice *Slice, item *Item) bool {
	return !r.setAside[place{slice.SourceID, item.Record.Offset}]
}

func (r *reading) turn(*Item) int64 {
	if r.quarantine {
		return math.MaxInt64
	}
	return 0
}

// letters is empty and not nil, which would be NULL in the statement.
func (r *reading) letters() []int64 { return []int64{} }

func (r *reading) finish(batch *pgx.Batch, t *transaction) {
	for i := range t.deadLetters {
		t.deadLetters[i].queue(batch)
	}
	if len(r.replays) > 0 {
		r.finishReplays(batch, t)
	}
}
