package settle

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/dedupe"
)

// OrderLine is an order in a list.
type OrderLine struct {
	ID string
	// Attempt is the highest that was decided; 0 when none was.
	Attempt int32
	// Outcome is 0 when all its commands were set aside.
	Outcome dedupe.Outcome
	// Reason is why it was declined or, of the last command, set aside.
	Reason string
	// At is when it was decided or set aside.
	At time.Time
	// Account was to be debited, CreditAccount to be credited; empty when unknown.
	Account, CreditAccount string
	// Amount is in minor units; 0 when unknown.
	Amount int64
	// Currency is an ISO 4217 code; empty when unknown.
	Currency string
	// TransferID is 0 unless it was applied.
	TransferID int64
}

// Orders returns up to limit orders whose ids begin with prefix and come after
// another (bytewise), in the order of their ids: the last one's id gives the next
// page. No index has orders by time.
func Orders(ctx context.Context, db Querier, prefix, after string, limit int) ([]OrderLine, error) {
	rows, err := db.Query(ctx, listOrdersSQL, prefix, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	orders, err := pgx.CollectRows(rows, pgx.RowToStructByPos[OrderLine])
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	return orders, nil
}
