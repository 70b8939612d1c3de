package settle

import (
	"context"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"
)

// Selection is a set of dead letters as it was at one moment.
type Selection struct {
	ids   []int64
	sizes []int64 // of their values, in bytes
	open  int
	// Codes is how many of them were set aside for which reason.
	Codes map[string]int
}

// SelectDeadLetters fixes which dead letters a command works on: those that pass
// the filter now. With IDs in the filter, all of them must exist: the error is
// an [ErrDeadLetterUnknown] otherwise.
func SelectDeadLetters(ctx context.Context, db Querier, filter DeadLetterFilter) (*Selection, error) {
	s := &Selection{Codes: make(map[string]int)}
	missing := make(map[int64]bool, len(filter.IDs))
	for _, id := range filter.IDs {
		missing[id] = true
	}
	err := eachDeadLetter(ctx, db, filter, func(letter *DeadLetter) {
		s.ids, s.sizes = append(s.ids, letter.ID), append(s.sizes, letter.Size)
		s.Codes[letter.Reason]++
		if letter.State == Open {
			s.open++
		}
		delete(missing, letter.ID)
	})
	if err != nil {
		return nil, err
	}
	for _, id := range filter.IDs {
		if missing[id] {
			return nil, fmt.Errorf("dead letter %d: %w", id, ErrDeadLetterUnknown)
		}
	}
	return s, nil
}

// LastDeadLetter is the highest id of a dead letter; 0 when there is none.
func LastDeadLetter(ctx context.Context, db Querier) (int64, error) {
	rows, err := db.Query(ctx, lastDeadLetterSQL)
	if err != nil {
		return 0, fmt.Errorf("find the last dead letter: %w", err)
	}
	id, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[int64])
	if err != nil {
		return 0, fmt.Errorf("find the last dead letter: %w", err)
	}
	return id, nil
}

// Len is how many there are.
func (s *Selection) Len() int { return len(s.ids) }

// Open is how many of them are open.
func (s *Selection) Open() int { return s.open }

// How much one transaction takes.
const (
	maxLetters     = 500
	maxLetterBytes = 16 << 20
)

// Batches cuts the set into what one transaction takes, in the order of the
// ids: a few hundred, and fewer when they are large.
func (s *Selection) Batches() iter.Seq[[]int64] {
	return func(yield func([]int64) bool) {
		begin, bytes := 0, int64(0)
		for i, size := range s.sizes {
			if i > begin && (i-begin == maxLetters || bytes+size > maxLetterBytes) {
				if !yield(s.ids[begin:i]) {
					return
				}
				begin, bytes = i, 0
			}
			bytes += size
		}
		if begin < len(s.ids) {
			yield(s.ids[begin:])
		}
	}
}
