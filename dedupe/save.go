package dedupe

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Save writes the answers that were recorded, on the caller's transaction. A
// *pgconn.PgError with SQLSTATE 23505 (unique_violation) says that another
// transaction answered one of the orders meanwhile: roll back and begin again.
// Save before any lock that is not taken in an order of its own: it may wait
// for another transaction that writes the same order.
func (r *Register) Save(ctx context.Context, tx pgx.Tx) error {
	batch := &pgx.Batch{}
	r.QueueSave(batch)
	if batch.Len() == 0 {
		return nil
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("save processed orders: %w", err)
	}
	return nil
}

// QueueSave queues the statements of [Register.Save], for callers that send
// their writes in one round trip.
func (r *Register) QueueSave(batch *pgx.Batch) {
	// Sorted, and new orders before retried ones, so that transactions that
	// write the same orders wait for each other in one direction.
	if !r.copied {
		queueInsert(batch, sorted(r.added, (*order).id))
	}
	for _, known := range sorted(r.retried, (*order).id) {
		for i := range known.superseded {
			queueSuperseded(batch, &known.superseded[i])
		}
		if known.stored != nil {
			queueSupersede(batch, known)
		}
	}
	if r.assumed { // after the new orders, whose key misses those that were pruned: see QueueFind
		batch.Queue(expectHorizonSQL, r.horizon)
	}
}

func queueInsert(batch *pgx.Batch, added []*order) {
	n := len(added)
	if n == 0 {
		return
	}
	var (
		orderIDs     = make([]string, n)
		attempts     = make([]int32, n)
		fingerprints = make([][]byte, n)
		outcomes     = make([]int16, n)
		refOwners    = make([]*int64, n)
		refIDs       = make([]*int64, n)
		reasons      = make([]*string, n)
		requests     = make([][]byte, n)
		sourceIDs    = make([]*int32, n)
		positions    = make([]*int64, n)
	)
	for i := range added {
		record := added[i].current
		orderIDs[i] = record.OrderID
		attempts[i] = record.Attempt
		fingerprints[i] = record.Fingerprint[:]
		outcomes[i] = int16(record.Outcome)
		refOwners[i], refIDs[i] = record.ref()
		reasons[i], requests[i] = record.reason(), record.Request
		sourceIDs[i], positions[i] = record.source()
	}
	batch.Queue(insertSQL, orderIDs, attempts, fingerprints, outcomes, refOwners, refIDs,
		reasons, requests, sourceIDs, positions)
}

// queueSuperseded keeps an attempt that is no longer the order's current one.
// Its key lets one transaction supersede an attempt, once: a second one fails
// with 23505 even when it read the order before the first had committed.
func queueSuperseded(batch *pgx.Batch, record *Record) {
	sourceID, position := record.source()
	var processedAt *time.Time
	if !record.ProcessedAt.IsZero() {
		processedAt = &record.ProcessedAt
	}
	batch.Queue(keepSupersededSQL, record.OrderID, record.Attempt, record.Fingerprint[:], record.Reason,
		[]byte(record.Request), sourceID, position, processedAt)
}

// queueSupersede replaces the stored attempt. It fails by itself rather than
// change no row (SQLSTATE P0004, assert_failure): COMMIT may travel with it.
func queueSupersede(batch *pgx.Batch, known *order) {
	record := known.current
	refOwner, refID := record.ref()
	sourceID, position := record.source()
	batch.Queue(supersedeSQL, record.OrderID, known.stored.Attempt, record.Attempt, record.Fingerprint[:],
		int16(record.Outcome), refOwner, refID, record.reason(), []byte(record.Request), sourceID, position)
}

func (r *Record) ref() (owner, id *int64) {
	if r.Outcome != Applied {
		return nil, nil
	}
	return &r.Ref.Owner, &r.Ref.ID
}

func (r *Record) reason() *string {
	if r.Outcome != Declined {
		return nil
	}
	return &r.Reason
}

func (r *Record) source() (id *int32, position *int64) {
	if r.Source == nil {
		return nil, nil
	}
	return &r.Source.ID, &r.Source.Position
}
