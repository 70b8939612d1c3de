package settle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
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
	// OrderID and Account are empty when they could not be read.
	OrderID, Account string
	// CreatedAt is when it was set aside.
	CreatedAt time.Time
	// State is whether it was requeued or discarded.
	State LetterState
	// ResolvedAt is when; nil while it is open.
	ResolvedAt *time.Time
	// Size is how many bytes the record's value has.
	Size int64
}

// LetterState is what became of a dead letter. The empty one, in a filter,
// stands for all.
type LetterState string

// The states.
const (
	// Open means that it waits for an operator.
	Open LetterState = "open"
	// Requeued means that it was decided after all.
	Requeued LetterState = "requeued"
	// Discarded means that it stays undecided for good.
	Discarded LetterState = "discarded"
)

// DeadLetterContent is a dead letter with the record, byte for byte.
type DeadLetterContent struct {
	DeadLetter
	// SourceID is the partition's row in table source.
	SourceID int32
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

// DeadLetterFilter says which dead letters are wanted. What is empty or nil
// matches all.
type DeadLetterFilter struct {
	// IDs are those of the dead letters.
	IDs []int64
	// After is below all ids: that of the last dead letter of the page before.
	After int64
	// To is the highest id.
	To int64
	// State, Reason, OrderID, Account and Topic are theirs.
	State                           LetterState
	Reason, OrderID, Account, Topic string
	// Partition is the topic's.
	Partition *int32
	// Limit is how many are returned at most.
	Limit int
}

// ErrDeadLetterUnknown is returned when there is no dead letter of an id.
var ErrDeadLetterUnknown = errors.New("no such dead letter")

// DeadLetters returns those that pass the filter, in the order of their ids:
// the oldest first.
func DeadLetters(ctx context.Context, db Querier, filter DeadLetterFilter) ([]DeadLetter, error) {
	letters := []DeadLetter{}
	err := eachDeadLetter(ctx, db, filter, func(letter *DeadLetter) { letters = append(letters, *letter) })
	if err != nil {
		return nil, err
	}
	return letters, nil
}

func eachDeadLetter(ctx context.Context, db Querier, f DeadLetterFilter, visit func(*DeadLetter)) error {
	to, limit := int64(math.MaxInt64), (*int)(nil)
	if f.To != 0 {
		to = f.To
	}
	if f.Limit != 0 {
		limit = &f.Limit
	}
	rows, err := db.Query(ctx, listDeadLettersSQL, f.After, to, f.IDs, f.Reason, f.OrderID, f.Account, f.Topic,
		f.Partition, f.State, limit)
	if err != nil {
		return fmt.Errorf("list dead letters: %w", err)
	}
	var letter DeadLetter
	if _, err := pgx.ForEachRow(rows, letter.targets(), func() error {
		visit(&letter)
		return nil
	}); err != nil {
		return fmt.Errorf("list dead letters: %w", err)
	}
	return nil
}

// OpenLetters are the open dead letters of a reason.
type OpenLetters struct {
	// Reason is one of those that command.Reasons lists.
	Reason string
	// Count is how many there are.
	Count int64
	// Oldest is the lowest of their ids.
	Oldest int64
}

// CountOpenDeadLetters counts the open dead letters by reason, in the order of
// the reasons. It reads their index.
func CountOpenDeadLetters(ctx context.Context, db Querier) ([]OpenLetters, error) {
	rows, err := db.Query(ctx, countOpenDeadLettersSQL)
	if err != nil {
		return nil, fmt.Errorf("count open dead letters: %w", err)
	}
	counts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[OpenLetters])
	if err != nil {
		return nil, fmt.Errorf("count open dead letters: %w", err)
	}
	return counts, nil
}

// GetDeadLetter returns one dead letter whole. The error is
// [ErrDeadLetterUnknown] when there is none of that id.
func GetDeadLetter(ctx context.Context, db Querier, id int64) (DeadLetterContent, error) {
	var found *DeadLetterContent
	err := ReadDeadLetters(ctx, db, []int64{id}, func(letter *DeadLetterContent) error {
		found = letter
		return nil
	})
	if err == nil && found == nil {
		err = ErrDeadLetterUnknown
	}
	if err != nil {
		return DeadLetterContent{}, fmt.Errorf("get dead letter %d: %w", id, err)
	}
	return *found, nil
}

// ReadDeadLetters reads dead letters whole, in the order of their ids, and hands
// over one after the other: no more than one is in memory, unless visit keeps it.
func ReadDeadLetters(ctx context.Context, db Querier, ids []int64, visit func(*DeadLetterContent) error) error {
	rows, err := db.Query(ctx, getDeadLettersSQL, ids)
	if err != nil {
		return fmt.Errorf("read dead letters: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		letter := &DeadLetterContent{}
		if err := letter.scan(rows); err != nil {
			return fmt.Errorf("read dead letters: %w", err)
		}
		if err := visit(letter); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read dead letters: %w", err)
	}
	return nil
}

// targets are where the columns that both queries begin with are scanned to.
func (d *DeadLetter) targets() []any {
	return []any{&d.ID, &d.Topic, &d.Partition, &d.Offset, &d.Reason, &d.Detail, &d.OrderID, &d.Account, &d.CreatedAt,
		&d.State, &d.ResolvedAt, &d.Size}
}

func (d *DeadLetterContent) scan(row pgx.CollectableRow) error {
	var keys, values [][]byte
	err := row.Scan(append(d.targets(), &d.SourceID, &d.Difference, &d.Timestamp, &d.Key, &d.Value, &keys, &values)...)
	d.Headers = make([]kgo.RecordHeader, len(keys))
	for i := range keys {
		d.Headers[i] = kgo.RecordHeader{Key: string(keys[i]), Value: values[i]}
	}
	return err
}
