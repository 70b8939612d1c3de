package letters

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
)

// ErrInterrupted says that the context ended before the whole set was worked on.
// What was done is done; given again, the command goes on with the rest.
var ErrInterrupted = errors.New("interrupted: give the same command again to go on")

// batchTimeout bounds the work on one batch, should the database be gone.
const batchTimeout = 2 * time.Minute

// Requeue decides the set again. The report is never nil; the error says why it
// ended before the whole set was worked on.
func Requeue(
	ctx context.Context, conn *pgx.Conn, set *settle.Selection, requeuer *settle.Requeuer, progress func(int64),
) (*Report, error) {
	report := newReport(set)
	err := eachBatch(ctx, set, progress, func(ctx context.Context, ids []int64) error {
		var batch []*settle.DeadLetterContent
		err := settle.ReadDeadLetters(ctx, conn, ids, func(letter *settle.DeadLetterContent) error {
			batch = append(batch, letter)
			return nil
		})
		if err != nil {
			return err
		}
		results, err := requeuer.Requeue(ctx, batch)
		report.add(results)
		return err
	})
	return report, err
}

// Discard leaves the set undecided for good. A rehearsal only counts.
func Discard(
	ctx context.Context, conn *pgx.Conn, set *settle.Selection, handling settle.Handling, rehearsal bool,
	progress func(int64),
) (*Report, error) {
	report := newReport(set)
	if rehearsal {
		report.Discarded = set.Open()
		report.Outcomes[settle.LetterSkipped] = set.Len() - set.Open()
		return report, nil
	}
	err := eachBatch(ctx, set, progress, func(ctx context.Context, ids []int64) error {
		discarded, err := settle.Discard(ctx, conn, ids, handling)
		if err != nil {
			return err
		}
		report.Discarded += len(discarded)
		report.Outcomes[settle.LetterSkipped] += len(ids) - len(discarded)
		return nil
	})
	return report, err
}

// eachBatch works on one batch after the other. When ctx ends, the one in hand
// is finished.
func eachBatch(
	ctx context.Context, set *settle.Selection, progress func(int64), work func(context.Context, []int64) error,
) error {
	for ids := range set.Batches() {
		if ctx.Err() != nil {
			return ErrInterrupted
		}
		inHand, cancel := context.WithTimeout(context.WithoutCancel(ctx), batchTimeout)
		err := work(inHand, ids)
		cancel()
		if err != nil {
			return err
		}
		progress(int64(len(ids)))
	}
	return nil
}
