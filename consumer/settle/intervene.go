package settle

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Action is what an operator does to a partition.
type Action string

// The actions, as they stand in column action.
const (
	// Skip goes on at another offset of the topic that was read so far.
	Skip Action = "skip"
	// Adopt takes up a topic of which the database knows nothing, or another
	// one under the same name.
	Adopt Action = "adopt"
)

// Intervention is an operator's decision where a partition goes on.
type Intervention struct {
	Key    Key
	Action Action
	// TopicID is the topic's id in Kafka.
	TopicID [16]byte
	// To is the offset to go on at.
	To int64
	// Actor and Reason say who and why; kept for ever.
	Actor, Reason string
}

// RefusedError says why an intervention was not made.
type RefusedError struct {
	Key Key
	Why string
}

// Error names the partition and says why.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("partition %d of %s (group %s): %s", e.Key.Partition, e.Key.Topic, e.Key.Group, e.Why)
}

// Intervene records the decision, moves the watermark and fences the
// partition's worker, which then goes on at the new offset. It returns the
// watermark before, nil when there was none. A [*RefusedError] means that the
// action does not fit what is stored.
func Intervene(ctx context.Context, tx pgx.Tx, i Intervention) (from *int64, err error) {
	if err := limit(ctx, tx); err != nil {
		return nil, err
	}
	k := i.Key
	var next, epoch int64
	var leaderEpoch int32
	var topicID [16]byte
	err = tx.QueryRow(ctx, lockWatermarkSQL, k.Group, k.Topic, k.Partition).
		Scan(&next, &epoch, &leaderEpoch, &topicID)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		if i.Action == Skip {
			return nil, &RefusedError{k, "the database knows nothing of it: use partition adopt"}
		}
	case err != nil:
		return nil, fmt.Errorf("intervene: %w", err)
	default:
		from = &next
		if err := i.fits(next, topicID); err != nil {
			return from, err
		}
	}
	return from, i.write(ctx, tx, from)
}

// fits refuses an action on a watermark that it is not meant for.
func (i *Intervention) fits(next int64, topicID [16]byte) error {
	switch {
	case i.Action == Skip && topicID != i.TopicID:
		return &RefusedError{i.Key, "the topic was deleted and created again: use partition adopt"}
	case i.Action == Adopt && topicID == i.TopicID:
		return &RefusedError{i.Key, fmt.Sprintf(
			"the database knows it already, up to offset %d: use partition skip", next)}
	}
	return nil
}

func (i *Intervention) write(ctx context.Context, tx pgx.Tx, from *int64) error {
	k := i.Key
	sourceID, err := ensureSource(ctx, tx, k, i.TopicID)
	if err != nil {
		return fmt.Errorf("intervene: %w", err)
	}
	batch := &pgx.Batch{}
	batch.Queue(replaceInterventionSQL, k.Group, k.Topic, k.Partition)
	batch.Queue(endReplaySQL, k.Group, k.Topic, k.Partition)
	batch.Queue(insertInterventionSQL, k.Group, k.Topic, k.Partition, string(i.Action), sourceID, from, i.To,
		i.Actor, i.Reason)
	batch.Queue(interveneWatermarkSQL, k.Group, k.Topic, k.Partition, sourceID, i.To, i.Actor)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("intervene: %w", err)
	}
	return nil
}
