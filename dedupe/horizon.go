package dedupe

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Horizon lets orders that were processed before a time be forgotten. All that
// were ever recorded are kept; the highest is in force.
type Horizon struct {
	// Before is the time, in microseconds, as the database has it.
	Before time.Time
	// Actor and Reason say who and why.
	Actor, Reason string
	// RecordedAt is set by the database.
	RecordedAt time.Time
}

// HorizonError says that a horizon is before the one in force.
type HorizonError struct {
	Before time.Time
	// InForce is the latest horizon that was recorded.
	InForce Horizon
}

// Error names both.
func (e *HorizonError) Error() string {
	return fmt.Sprintf("%s is before the horizon %s, which %s recorded at %s: what is older was pruned already",
		e.Before.UTC().Format(time.RFC3339Nano), e.InForce.Before.UTC().Format(time.RFC3339Nano), e.InForce.Actor,
		e.InForce.RecordedAt.UTC().Format(time.RFC3339))
}

// RecordHorizon records a horizon on the caller's transaction. Commit before
// anything is deleted. The error is a [*HorizonError] when a higher one is in
// force; the same one may be recorded again.
func RecordHorizon(ctx context.Context, tx pgx.Tx, h Horizon) error {
	tag, err := tx.Exec(ctx, insertHorizonSQL, h.Before, h.Actor, h.Reason)
	if err != nil {
		return fmt.Errorf("record the horizon: %w", err)
	}
	if tag.RowsAffected() == 1 {
		return nil
	}
	all, err := Horizons(ctx, tx)
	if err != nil {
		return err
	}
	return CheckHorizon(h.Before, all)
}

// CheckHorizon returns a [*HorizonError] when a higher one is among those that
// were recorded.
func CheckHorizon(before time.Time, recorded []Horizon) error {
	if inForce := InForce(recorded); inForce != nil && inForce.Before.After(before) {
		return &HorizonError{Before: before, InForce: *inForce}
	}
	return nil
}

// Horizons returns all horizons, the one that was recorded last first.
func Horizons(ctx context.Context, db Querier) ([]Horizon, error) {
	horizons := []Horizon{}
	batch := &pgx.Batch{}
	batch.Queue(listHorizonsSQL).Query(func(rows pgx.Rows) error {
		var h Horizon
		_, err := pgx.ForEachRow(rows, []any{&h.Before, &h.RecordedAt, &h.Actor, &h.Reason}, func() error {
			horizons = append(horizons, h)
			return nil
		})
		return err
	})
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("list horizons: %w", err)
	}
	return horizons, nil
}

// InForce returns the highest horizon, and of equals the one that was recorded
// first; nil when there is none.
func InForce(horizons []Horizon) *Horizon {
	var highest *Horizon
	for i := range horizons {
		if highest == nil || !horizons[i].Before.Before(highest.Before) {
			highest = &horizons[i]
		}
	}
	return highest
}

// Count returns how many orders are known, and when the oldest was processed;
// nil when there are none. It reads the whole table.
func Count(ctx context.Context, db Querier) (orders int64, oldest *time.Time, err error) {
	batch := &pgx.Batch{}
	batch.Queue(countProcessedSQL).QueryRow(func(row pgx.Row) error {
		return row.Scan(&orders, &oldest)
	})
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return 0, nil, fmt.Errorf("count processed orders: %w", err)
	}
	return orders, oldest, nil
}
