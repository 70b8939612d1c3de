package settle

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/dedupe"
)

// NewReplay says which records are to be read again, by whom and why.
type NewReplay struct {
	Group, Topic string
	// TopicID is the topic's id in Kafka.
	TopicID [16]byte
	// Target is what was asked for, in the words of the command.
	Target string
	// Rate is the most records a second of each partition; 0 is no limit.
	Rate int32
	// Plan is kept with the replay, for ever.
	Plan json.RawMessage
	// Actor and Reason say who and why.
	Actor, Reason string
	// Horizon is the one that was in force when it was planned; zero without.
	Horizon    time.Time
	Partitions []ReplayTarget
}

// ReplayTarget is a partition that is to go back.
type ReplayTarget struct {
	Partition int32
	// To is the first offset that is read again.
	To int64
	// Committed is the group's committed offset; nil when there is none.
	Committed *int64
	// Planned is where it stood when the replay was planned.
	Planned Standing
}

// StartReplay sends partitions back, all or none: it records the replay, lowers
// their watermarks and fences their workers, which take them up again there. A
// batch that was read before can't be committed afterwards: its epoch is another
// one. The error joins a [*RefusedError] for each partition that is not as it
// was planned, or is not to be moved now.
func StartReplay(ctx context.Context, tx pgx.Tx, r NewReplay) (id int64, err error) {
	if err := limit(ctx, tx); err != nil {
		return 0, err
	}
	// In one order, so that two replays wait for each other and don't meet in a deadlock.
	targets := slices.SortedFunc(slices.Values(r.Partitions), func(a, b ReplayTarget) int {
		return cmp.Compare(a.Partition, b.Partition)
	})
	if err := r.check(ctx, tx, targets); err != nil {
		return 0, err
	}
	if err := tx.QueryRow(ctx, insertReplaySQL, r.Group, r.Topic, r.Target, r.Rate, []byte(r.Plan), r.Actor, r.Reason).
		Scan(&id); err != nil {
		return 0, fmt.Errorf("start a replay: %w", err)
	}
	batch := &pgx.Batch{}
	for _, t := range targets {
		batch.Queue(insertReplayPartitionSQL, r.Group, r.Topic, t.Partition, id, t.To, t.Committed)
		batch.Queue(rewindWatermarkSQL, r.Group, r.Topic, t.Partition, t.To)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return 0, fmt.Errorf("start a replay: %w", err)
	}
	return id, nil
}

// check locks the watermarks, and refuses what is not as it was planned.
func (r *NewReplay) check(ctx context.Context, tx pgx.Tx, targets []ReplayTarget) error {
	var refusals []error
	for _, t := range targets {
		key := Key{Group: r.Group, Topic: r.Topic, Partition: t.Partition}
		if _, err := tx.Exec(ctx, lockWatermarkSQL, key.Group, key.Topic, key.Partition); err != nil {
			return fmt.Errorf("start a replay: %w", err)
		}
		now, why, err := FindStanding(ctx, tx, key, r.TopicID)
		if err != nil {
			return err
		}
		switch {
		case why != "":
		case t.To >= now.Watermark:
			why = fmt.Sprintf("offset %d is not below its watermark, %d: there is nothing to read again", t.To, now.Watermark)
		default:
			why = now.since(t.Planned)
		}
		if why != "" {
			refusals = append(refusals, &RefusedError{key, why})
		}
	}
	if len(refusals) > 0 {
		return errors.Join(refusals...)
	}
	horizons, err := dedupe.Horizons(ctx, tx)
	if err != nil {
		return err
	}
	if inForce := dedupe.InForce(horizons); inForce != nil && !inForce.Before.Equal(r.Horizon) {
		return &RefusedError{Key{Group: r.Group, Topic: r.Topic, Partition: targets[0].Partition}, fmt.Sprintf(
			"orders from before %s were pruned since the plan was made: older commands would be set aside",
			inForce.Before.UTC().Format(time.RFC3339Nano))}
	}
	return nil
}
