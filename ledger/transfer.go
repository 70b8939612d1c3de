package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Transfer is one payment in the books.
type Transfer struct {
	// ID is unique and rises, with gaps.
	ID int64
	// DebitAccount and CreditAccount are account ids: who paid, who was paid.
	DebitAccount, CreditAccount int64
	// Amount is in minor units and positive.
	Amount int64
	// CreditStripe is the stripe of a settlement account that took the credit;
	// nil when a customer was credited.
	CreditStripe *int16
	// Reference says what it was for: 1 to 128 bytes.
	Reference string
	// PostedAt is set by the database, to the beginning of the transaction.
	PostedAt time.Time
}

// Payment asks for a transfer between two accounts, by their names.
type Payment struct {
	Account, CreditAccount string
	// Currency is an ISO 4217 code; both accounts must be in it.
	Currency string
	// Amount is in minor units and positive.
	Amount int64
	// Reference says what it is for: 1 to 128 bytes.
	Reference string
}

// IDs hands out transfer ids from blocks of a database sequence. It may serve
// one transaction after the other, but one at a time. The zero value is ready;
// what is left of a block when it is dropped stays a gap.
type IDs struct {
	next, end int64
}

// BlockSize is how many transfer ids a value of the sequence stands for, and so
// the most payments that one transaction can post.
const BlockSize = 10_000

func (s *IDs) left() int { return int(s.end - s.next) }

func (s *IDs) take() int64 {
	id := s.next
	s.next++
	return id
}

// TransferKey is the key of a transfer: who paid, and its id.
type TransferKey struct {
	DebitAccount, ID int64
}

// GetTransfers returns those of the transfers that exist, by their keys.
func GetTransfers(ctx context.Context, db Querier, keys ...TransferKey) (map[TransferKey]Transfer, error) {
	debits, ids := make([]int64, len(keys)), make([]int64, len(keys))
	for i, key := range keys {
		debits[i], ids[i] = key.DebitAccount, key.ID
	}
	rows, err := db.Query(ctx, getTransfersSQL, debits, ids)
	if err != nil {
		return nil, fmt.Errorf("get transfers: %w", err)
	}
	found := make(map[TransferKey]Transfer, len(keys))
	var t Transfer
	targets := []any{&t.ID, &t.DebitAccount, &t.CreditAccount, &t.Amount, &t.CreditStripe, &t.Reference, &t.PostedAt}
	if _, err := pgx.ForEachRow(rows, targets, func() error {
		found[TransferKey{DebitAccount: t.DebitAccount, ID: t.ID}] = t
		return nil
	}); err != nil {
		return nil, fmt.Errorf("get transfers: %w", err)
	}
	return found, nil
}
