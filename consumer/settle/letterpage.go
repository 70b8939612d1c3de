package settle

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/command"
)

// LetterQuery asks for dead letters page by page, the newest first. What is
// empty or nil matches all.
type LetterQuery struct {
	// State and Reason are theirs.
	State  LetterState
	Reason string
	// Sources are rows of table source, as [Sources] gives them.
	Sources []int32
	// From and To bound when they were set aside: To is not in it.
	From, To *time.Time
	// Before is above all ids: that of the last dead letter of the page before.
	Before int64
	// Limit is how many are returned, or counted, at most. Required.
	Limit int
}

// NewestDeadLetters returns those that the query asks for, the newest first.
// Open ones are found by an index, whatever else there is.
func NewestDeadLetters(ctx context.Context, db Querier, q LetterQuery) ([]DeadLetter, error) {
	before := q.Before
	if before == 0 {
		before = math.MaxInt64
	}
	var rows pgx.Rows
	var err error
	if q.State == Open {
		rows, err = db.Query(ctx, pageOpenDeadLettersSQL, q.reasons(), before, q.Sources, q.From, q.To, q.Limit)
	} else {
		rows, err = db.Query(ctx, pageDeadLettersSQL, q.Reason, before, q.Sources, q.From, q.To, q.Limit, q.State)
	}
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	letters, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d DeadLetter, err error) {
		err = row.Scan(d.targets()...)
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	return letters, nil
}

// CountDeadLetters counts those that the query asks for, by reason: open ones up
// to the limit for each reason, others up to the limit for all.
func CountDeadLetters(ctx context.Context, db Querier, q LetterQuery) (map[string]int64, error) {
	var rows pgx.Rows
	var err error
	if q.State == Open {
		rows, err = db.Query(ctx, countOpenDeadLettersToSQL, q.reasons(), q.Sources, q.From, q.To, q.Limit)
	} else {
		rows, err = db.Query(ctx, countDeadLettersSQL, q.Reason, q.Sources, q.From, q.To, q.Limit, q.State)
	}
	if err != nil {
		return nil, fmt.Errorf("count dead letters: %w", err)
	}
	counts := make(map[string]int64)
	var reason string
	var n int64
	if _, err := pgx.ForEachRow(rows, []any{&reason, &n}, func() error {
		if n > 0 {
			counts[reason] = n
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("count dead letters: %w", err)
	}
	return counts, nil
}

// reasons are those whose indexes are to be asked.
func (q *LetterQuery) reasons() []string {
	if q.Reason != "" {
		return []string{q.Reason}
	}
	known := command.Reasons()
	names := make([]string, len(known))
	for i, reason := range known {
		names[i] = string(reason)
	}
	return names
}
