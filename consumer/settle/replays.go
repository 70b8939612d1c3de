package settle

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

// Replay is one that was started, and how far it is.
type Replay struct {
	ID           int64
	Group, Topic string
	// Target is what was asked for, in the words of the command.
	Target string
	// Rate is the most records a second of each partition; 0 is no limit.
	Rate int32
	// Plan is what was expected, as JSON.
	Plan json.RawMessage
	// Actor and Reason say who and why.
	Actor, Reason string
	CreatedAt     time.Time
	// Partitions are in their order.
	Partitions []ReplayPartition
}

// ReplayPartition is what a replay reads of one partition, and what came of it.
type ReplayPartition struct {
	Partition int32
	// From up to, and without, Until is read again; Next is how far it is.
	From, Until, Next int64
	// Committed is the group's committed offset before; nil when there was none.
	Committed *int64
	// Records is how many were read again: the sum of the next six.
	Records int64
	// AlreadyAnswered and AlreadySetAside had their outcome before.
	AlreadyAnswered, AlreadySetAside int64
	// Applied and Declined are orders that the replay decided.
	Applied, Declined int64
	// Conflicts and OtherLetters became dead letters by the replay.
	Conflicts, OtherLetters int64
	// UpdatedAt is when a batch last moved it.
	UpdatedAt time.Time
	// FinishedAt is when it ended; nil while it runs. With Next below Until an
	// operator moved the partition elsewhere.
	FinishedAt *time.Time
	// Halt says why the partition waits for an operator while the replay runs; ""
	// when it doesn't.
	Halt string
	// ReadAt is when this was read, by the database's clock.
	ReadAt time.Time
}

// Interrupted tells whether an operator ended it before all was read again.
func (p *ReplayPartition) Interrupted() bool { return p.FinishedAt != nil && p.Next < p.Until }

// FindReplay returns one replay; false when there is none of that id.
func FindReplay(ctx context.Context, db Querier, id int64) (Replay, bool, error) {
	replays, err := listReplays(ctx, db, id, 0, 1)
	if err != nil || len(replays) == 0 {
		return Replay{}, false, err
	}
	return replays[0], true, nil
}

// Replays returns up to limit replays, the latest first: those whose ids are
// below the given one, or from the latest on with 0.
func Replays(ctx context.Context, db Querier, below int64, limit int) ([]Replay, error) {
	return listReplays(ctx, db, 0, below, limit)
}

func listReplays(ctx context.Context, db Querier, id, below int64, limit int) ([]Replay, error) {
	rows, err := db.Query(ctx, listReplaysSQL, id, below, min(limit, math.MaxInt32))
	if err != nil {
		return nil, fmt.Errorf("read replays: %w", err)
	}
	replays, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Replay, err error) {
		err = row.Scan(&r.ID, &r.Group, &r.Topic, &r.Target, &r.Rate, &r.Plan, &r.Actor, &r.Reason, &r.CreatedAt)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("read replays: %w", err)
	}
	return replays, readReplayPartitions(ctx, db, replays)
}

func readReplayPartitions(ctx context.Context, db Querier, replays []Replay) error {
	ids := make([]int64, len(replays))
	place := make(map[int64]*Replay, len(replays))
	for i := range replays {
		ids[i], place[replays[i].ID] = replays[i].ID, &replays[i]
	}
	rows, err := db.Query(ctx, getReplayPartitionsSQL, ids)
	if err != nil {
		return fmt.Errorf("read the partitions of replays: %w", err)
	}
	var id int64
	var p ReplayPartition
	targets := []any{&id, &p.Partition, &p.From, &p.Until, &p.Next, &p.Committed, &p.Records, &p.AlreadyAnswered,
		&p.AlreadySetAside, &p.Applied, &p.Declined, &p.Conflicts, &p.OtherLetters, &p.UpdatedAt, &p.FinishedAt,
		&p.Halt, &p.ReadAt}
	if _, err := pgx.ForEachRow(rows, targets, func() error {
		place[id].Partitions = append(place[id].Partitions, p)
		return nil
	}); err != nil {
		return fmt.Errorf("read the partitions of replays: %w", err)
	}
	return nil
}
