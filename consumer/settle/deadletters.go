package settle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"
)

// DeadLetter is a record that was set aside, without its content.
type DeadLetter struct {
	ID int64
	Origin
	// Reason is a stable code, one of those that command.Reasons lists.
	Reason string
	// Detail says the same for a person, in one printable line.
	Detail string
	// OrderID is empty when it could not be read.
	OrderID string
	// CreatedAt is when it was set aside.
	CreatedAt time.Time
}

// DeadLetterContent is a dead letter with the record, byte for byte.
type DeadLetterContent struct {
	DeadLetter
	// Difference is the fields of a conflict that differ, as
	// {"field": {"stored": …, "received": …}}; nil for other reasons.
	Difference json.RawMessage
	// Timestamp is the record's own, in milliseconds since 1970: any 64 bits.
	Timestamp int64
	// Key and Value are nil when the record had none.
	Key, Value []byte
	// Headers are in the record's order.
	Headers []kgo.RecordHeader
}

// DeadLetterFilter says which dead letters are wanted.
type DeadLetterFilter struct {
	// Reason and OrderID must match; empty ones match all.
	Reason, OrderID string
	// After skips ids up to this one: that of the last dead letter of the page
	// before.
	After int64
	// Limit is how many are returned at most.
	Limit int
}

// ErrDeadLetterUnknown is returned when there is no dead letter of an id.
var ErrDeadLetterUnknown = errors.New("no such dead letter")

// DeadLetters returns those that pass the filter, in the order of their ids:
// the oldest first.
func DeadLetters(ctx context.Context, db Querier, filter DeadLetterFilter) ([]DeadLetter, error) {
	rows, err := db.Query(ctx, listDeadLettersSQL, filter.Reason, filter.OrderID, filter.After, filter.Limit)
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	letters, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (letter DeadLetter, err error) {
		return letter, row.Scan(letter.targets()...)
	})
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	return letters, nil
}

// GetDeadLetter returns one dead letter whole. The error is
// [ErrDeadLetterUnknown] when there is none of that id.
func GetDeadLetter(ctx context.Context, db Querier, id int64) (DeadLetterContent, error) {
	rows, err := db.Query(ctx, getDeadLetterSQL, id)
	if err != nil {
		return DeadLetterContent{}, fmt.Errorf("get dead letter %d: %w", id, err)
	}
	letter, err := pgx.CollectExactlyOneRow(rows, scanContent)
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrDeadLetterUnknown
	}
	if err != nil {
		return DeadLetterContent{}, fmt.Errorf("get dead letter %d: %w", id, err)
	}
	return letter, nil
}

// targets are where the columns that both queries begin with are scanned to.
func (d *DeadLetter) targets() []any {
	return []any{&d.ID, &d.Topic, &d.Partition, &d.Offset, &d.Reason, &d.Detail, &d.OrderID, &d.CreatedAt}
}

func scanContent(row pgx.CollectableRow) (letter DeadLetterContent, err error) {
	var keys, values [][]byte
	err = row.Scan(append(letter.targets(), &letter.Difference, &letter.Timestamp, &letter.Key, &letter.Value,
		&keys, &values)...)
	letter.Headers = make([]kgo.RecordHeader, len(keys))
	for i := range keys {
		letter.Headers[i] = kgo.RecordHeader{Key: string(keys[i]), Value: values[i]}
	}
	return letter, err
}
