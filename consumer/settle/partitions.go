package settle

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Partition is what the database knows of a partition.
type Partition struct {
	Key Key
	// Watermark is how far it was read; nil when it was never assigned.
	Watermark *Watermark
	// Halt says why it waits for an operator; nil when it doesn't.
	Halt *HaltError
	// HaltedSince is when it stopped; zero without a halt.
	HaltedSince time.Time
	// Intervention is where an operator told it to go on, as long as the group's
	// committed offset has not followed; nil otherwise.
	Intervention *int64
}

// Watermark is how far a partition was read.
type Watermark struct {
	// NextOffset is the first offset without a recorded outcome.
	NextOffset int64
	// Epoch counts the assignments.
	Epoch int64
	// TopicID is the id of the topic that was read.
	TopicID [16]byte
	// Owner is the worker that the partition was last assigned to.
	Owner string
	// UpdatedAt is when a batch last moved it.
	UpdatedAt time.Time
}

// Querier runs a query: a [pgx.Tx], a [pgx.Conn] or a pool.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Partitions returns what the database knows of a group's partitions of a
// topic, in their order. Partitions that it knows nothing of are absent.
func Partitions(ctx context.Context, db Querier, group, topic string) ([]Partition, error) {
	rows, err := db.Query(ctx, getPartitionsSQL, group, topic)
	if err != nil {
		return nil, fmt.Errorf("read the partitions of %s (group %s): %w", topic, group, err)
	}
	partitions, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Partition, error) {
		p := Partition{Key: Key{Group: group, Topic: topic}}
		err := p.scan(row)
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the partitions of %s (group %s): %w", topic, group, err)
	}
	return partitions, nil
}

func (p *Partition) scan(row pgx.CollectableRow) error {
	var next, epoch *int64
	var topicID *[16]byte
	var owner, reason, detail *string
	var updated, since *time.Time
	if err := row.Scan(&p.Key.Partition, &next, &epoch, &topicID, &owner, &updated,
		&reason, &detail, &since, &p.Intervention); err != nil {
		return err
	}
	if next != nil {
		p.Watermark = &Watermark{
			NextOffset: *next, Epoch: *epoch, TopicID: *topicID, Owner: *owner, UpdatedAt: *updated,
		}
	}
	if reason != nil {
		p.Halt, p.HaltedSince = &HaltError{Reason: *reason, Detail: *detail}, *since
	}
	return nil
}
