package dedupe

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Querier is what the reads need: a [pgx.Tx], a [pgx.Conn] or a pool.
type Querier interface {
	SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults
}

// Find returns a register with all that is stored of the orders. Call it
// after the transaction took the locks that its work needs: only then does it
// see what those who held them before have committed (READ COMMITTED).
func Find(ctx context.Context, tx Querier, orderIDs ...string) (*Register, error) {
	register := NewRegister()
	batch := &pgx.Batch{}
	register.QueueFind(batch, orderIDs)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("find processed orders: %w", err)
	}
	if err := register.FindEarlier(ctx, tx); err != nil {
		return nil, err
	}
	return register, nil
}

// QueueFind queues the statement of [Find], for callers that send their reads
// in one round trip. [Register.FindEarlier] is to be called once it was sent.
func (r *Register) QueueFind(batch *pgx.Batch, orderIDs []string) {
	r.reserve(len(orderIDs))
	batch.Queue(findSQL, orderIDs).Query(func(rows pgx.Rows) error {
		return collect(rows, r.load)
	})
	// After the orders: who misses one that was pruned sees the horizon, which
	// was committed before.
	r.queueHorizon(batch)
}

// QueueAssumeNew queues what a transaction reads that takes its orders (so many) for
// new without looking them up: for thousands of them that are, this costs less. The
// register then knows nothing but what is recorded, and the writes fail when one of
// those is known after all (SQLSTATE 23505), or may have been forgotten since (P0004,
// assert_failure): roll back, and begin again with [Register.QueueFind]. Do so also
// when a request is not recorded though [Register.Decide] said [New]: its order may
// be known.
func (r *Register) QueueAssumeNew(batch *pgx.Batch, orders int) {
	r.reserve(orders)
	r.assumed = true
	r.queueHorizon(batch)
}

func (r *Register) queueHorizon(batch *pgx.Batch) {
	batch.Queue(currentHorizonSQL).QueryRow(func(row pgx.Row) error {
		return row.Scan(&r.horizon)
	})
}

// FindEarlier reads the superseded attempts of the orders that were found and
// have some. It asks the database only then, which is rare.
func (r *Register) FindEarlier(ctx context.Context, tx Querier) error {
	if len(r.reattempted) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	batch.Queue(findEarlierSQL, r.reattempted).Query(func(rows pgx.Rows) error {
		return collect(rows, r.loadEarlier)
	})
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("find superseded attempts: %w", err)
	}
	return nil
}

// Answers returns all that is known of an order, the highest attempt first,
// the others in no order; nothing when the order was never decided.
func (r *Register) Answers(orderID string) []Record {
	known := r.orders[orderID]
	if known == nil {
		return nil
	}
	answers := append([]Record{*known.current}, known.superseded...)
	return append(answers, known.earlier...)
}

// collect loads rows. What a row has is scanned without a pointer of its own: a batch
// has thousands.
func collect(rows pgx.Rows, load func(*Record)) error {
	var (
		orderID, fingerprint, request pgtype.DriverBytes
		attempt                       int32
		outcome                       int16
		refOwner, refID, position     pgtype.Int8
		reason                        pgtype.Text
		sourceID                      pgtype.Int4
		processedAt                   time.Time
	)
	targets := []any{&orderID, &attempt, &fingerprint, &outcome, &refOwner, &refID,
		&reason, &request, &sourceID, &position, &processedAt}
	_, err := pgx.ForEachRow(rows, targets, func() error {
		record := Record{OrderID: string(orderID), Attempt: attempt, Outcome: Outcome(outcome),
			Ref: Ref{Owner: refOwner.Int64, ID: refID.Int64}, Reason: reason.String, ProcessedAt: processedAt}
		copy(record.Fingerprint[:], fingerprint)
		if request != nil {
			record.Request = slices.Clone(json.RawMessage(request))
		}
		if sourceID.Valid && position.Valid {
			record.Source = &Source{ID: sourceID.Int32, Position: position.Int64}
		}
		load(&record)
		return nil
	})
	return err
}
