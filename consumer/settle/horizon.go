package settle

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/command"
	"deductor/dedupe"
)

// tooOld rejects a new command from before the horizon: its order may have been
// answered and forgotten. It returns nil for one that is young enough. A record
// without a timestamp (-1) is of 1969.
func tooOld(item *Item, horizon time.Time) *command.Rejection {
	if horizon.IsZero() {
		return nil
	}
	name, made := "the record's timestamp", item.Record.Timestamp
	if occurred := item.Command.OccurredAt; !occurred.IsZero() && occurred.Before(made) {
		name, made = "occurred_at", occurred
	}
	if !made.Before(horizon) {
		return nil
	}
	return &command.Rejection{
		Reason: command.ReasonTooOld,
		Detail: fmt.Sprintf("%s %s is before %s: older orders were pruned, so that this one may have been paid",
			name, made.UTC().Format(time.RFC3339Nano), horizon.UTC().Format(time.RFC3339Nano)),
		OrderID: item.Command.OrderID,
		Account: item.Command.Account,
	}
}

// horizonLock is how long workers' transactions may be waited for, and how long
// they may have to wait.
const horizonLock = 15 * time.Second

// RecordHorizon puts a horizon in force for all workers at one moment, and makes
// them read on from Kafka: when it returned, each transaction that did not know
// the horizon has ended, and each record that is settled from now on was fetched
// from the log afterwards. What a worker fetched before (it may be gone from the
// log by now) is fenced off. Errors are those of [dedupe.RecordHorizon].
func RecordHorizon(ctx context.Context, db Beginner, h dedupe.Horizon) error {
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, limitLockSQL, milliseconds(horizonLock)); err != nil {
			return err
		}
		// A worker's first lock is that of its fence: the table's lock waits for
		// all that are in hand, and can't be one side of a deadlock.
		if _, err := tx.Exec(ctx, lockWatermarksSQL); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, fenceOffAllSQL); err != nil {
			return err
		}
		return dedupe.RecordHorizon(ctx, tx, h)
	})
	if err != nil {
		return fmt.Errorf("put the horizon in force: %w", err)
	}
	return nil
}

// Source is a partition that commands came from, under its topic's id.
type Source struct {
	ID        int32
	Topic     string
	TopicID   [16]byte
	Partition int32
}

// Sources returns all of them, by topic and partition.
func Sources(ctx context.Context, db Querier) ([]Source, error) {
	rows, err := db.Query(ctx, listSourcesSQL)
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	sources, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Source])
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	return sources, nil
}

// Reader is a consumer group that reads, or read, a topic.
type Reader struct{ Group, Topic string }

// Readers returns those that have a watermark or a halted partition, by topic.
func Readers(ctx context.Context, db Querier) ([]Reader, error) {
	rows, err := db.Query(ctx, listReadersSQL)
	if err != nil {
		return nil, fmt.Errorf("list the groups that read: %w", err)
	}
	readers, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Reader])
	if err != nil {
		return nil, fmt.Errorf("list the groups that read: %w", err)
	}
	return readers, nil
}

// DeadLetterOrders returns the ids of orders that have dead letters, each once:
// the next so many after the given one, in their order.
func DeadLetterOrders(ctx context.Context, db Querier, after string, limit int) ([]string, error) {
	rows, err := db.Query(ctx, listDeadLetterOrdersSQL, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list the orders of dead letters: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list the orders of dead letters: %w", err)
	}
	return ids, nil
}
