package settle

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Beginner begins transactions: a [pgx.Conn] or a pool.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// Assignment is a partition that the group gave to this worker.
type Assignment struct {
	Key Key
	// Owner names the worker, for operators.
	Owner string
	// Committed is the group's committed offset in Kafka; nil when there is none.
	Committed *int64
	// TopicID is the topic's id in Kafka.
	TopicID [16]byte
	// LogStart and LogEnd are the first offset of the log and the next one to
	// be written.
	LogStart, LogEnd int64
	// Fenced is the epoch of the [LookAgainError] that asked for this look; 0 when
	// none did.
	Fenced int64
}

// LookAgainError says that the log seemed to end before what was processed, and that
// whoever had the partition may have processed it since the log was looked at. From
// now on nobody has it: look at the log again.
type LookAgainError struct {
	// Epoch is to be given as [Assignment.Fenced].
	Epoch int64
}

// Error says what to do.
func (e *LookAgainError) Error() string {
	return fmt.Sprintf("the log may have grown since it was looked at: look again, under epoch %d", e.Epoch)
}

// Position is where and under which epoch a worker reads a partition.
type Position struct {
	// Offset is the first one to read.
	Offset int64
	// LeaderEpoch is that of the record before Offset; -1 when unknown.
	LeaderEpoch int32
	// Epoch is to be given with each batch.
	Epoch int64
	// SourceID is the partition's row in table source.
	SourceID int32
	// InterventionID is the operator's intervention that set Offset; 0 when
	// none did. [InterventionDone] is to be called once the group's committed
	// offset has followed.
	InterventionID int64
	// Replay is the one that runs on the partition, if one does.
	Replay Replaying
}

// Acquire takes a partition over: it fences whoever had it before and says
// where to read on. A [*HaltError] means that the partition waits for an
// operator; it was recorded. A [*LookAgainError] asks for another look at Kafka.
func Acquire(ctx context.Context, db Beginner, a Assignment) (Position, error) {
	var position Position
	var refusal error
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		if err := limit(ctx, tx); err != nil {
			return err
		}
		facts, stored, err := readFacts(ctx, tx, a)
		if err != nil {
			return err
		}
		var halt *HaltError
		position.Offset, err = StartOffset(facts)
		if errors.As(err, &halt) {
			refusal, err = refuse(ctx, tx, a, facts, stored.epoch, halt)
			return err
		}
		position.InterventionID, position.LeaderEpoch = stored.interventionID, -1
		position.Replay = stored.replay
		if facts.Watermark != nil && *facts.Watermark == position.Offset {
			position.LeaderEpoch = stored.leaderEpoch
		}
		return take(ctx, tx, a, &position)
	})
	switch {
	case err != nil:
		return Position{}, fmt.Errorf("acquire %s[%d]: %w", a.Key.Topic, a.Key.Partition, err)
	case refusal != nil:
		return Position{}, refusal
	}
	return position, nil
}

// stored is what the database adds to the facts.
type stored struct {
	epoch          int64
	leaderEpoch    int32
	interventionID int64
	replay         Replaying
}

func readFacts(ctx context.Context, tx pgx.Tx, a Assignment) (facts Facts, s stored, err error) {
	facts = Facts{Committed: a.Committed, TopicID: a.TopicID, LogStart: a.LogStart, LogEnd: a.LogEnd}
	k := a.Key
	var next, to int64
	watermark, err := found(tx.QueryRow(ctx, lockWatermarkSQL, k.Group, k.Topic, k.Partition).
		Scan(&next, &s.epoch, &s.leaderEpoch, &facts.WatermarkTopicID))
	if err != nil {
		return facts, s, err
	}
	if watermark {
		facts.Watermark = &next
	}
	intervened, err := found(tx.QueryRow(ctx, getInterventionSQL, k.Group, k.Topic, k.Partition, a.TopicID).
		Scan(&s.interventionID, &to))
	if err != nil {
		return facts, s, err
	}
	if intervened {
		facts.Intervention = &to
	}
	replaying, err := found(tx.QueryRow(ctx, findRunningReplaySQL, k.Group, k.Topic, k.Partition).
		Scan(&s.replay.ID, &s.replay.Until, &s.replay.Rate))
	if err != nil {
		return facts, s, err
	}
	if replaying {
		facts.ReplayID = s.replay.ID
	}
	var halt HaltError
	halted, err := found(tx.QueryRow(ctx, getHaltSQL, k.Group, k.Topic, k.Partition).
		Scan(&halt.Reason, &halt.Detail))
	if halted && !healing[halt.Reason] {
		facts.Halt = &halt
	}
	return facts, s, err
}

// refuse stops a partition that can't be taken over, and its former owner, if it has
// one. It returns why: a [*LookAgainError] when that owner may have read past the
// log's end as it was looked at, else the halt, which is recorded.
func refuse(ctx context.Context, tx pgx.Tx, a Assignment, facts Facts, epoch int64, halt *HaltError) (why, err error) {
	k := a.Key
	if _, err := tx.Exec(ctx, fenceOffSQL, k.Group, k.Topic, k.Partition, epoch); err != nil {
		return nil, err
	}
	if halt.Reason == HaltBeyondLogEnd && facts.Halt == nil && epoch != a.Fenced {
		return &LookAgainError{Epoch: epoch + 1}, nil
	}
	return halt, recordHalt(ctx, tx, k, halt)
}

// found tells whether a query had its row.
func found(err error) (bool, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// take assigns the watermark under a new epoch, and clears a halt.
func take(ctx context.Context, tx pgx.Tx, a Assignment, position *Position) error {
	var err error
	if position.SourceID, err = ensureSource(ctx, tx, a.Key, a.TopicID); err != nil {
		return err
	}
	k := a.Key
	if err := tx.QueryRow(ctx, assignWatermarkSQL, k.Group, k.Topic, k.Partition, position.SourceID,
		position.Offset, a.Owner).Scan(&position.Epoch); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, clearHaltSQL, k.Group, k.Topic, k.Partition)
	return err
}

func ensureSource(ctx context.Context, tx pgx.Tx, key Key, topicID [16]byte) (id int32, err error) {
	if _, err := tx.Exec(ctx, insertSourceSQL, topicID, key.Partition, key.Topic); err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, findSourceSQL, topicID, key.Partition, key.Topic).Scan(&id)
	return id, err
}

// Halt stops a partition, which a worker reads under the epoch, until an
// operator intervenes. When the partition was assigned anew meanwhile, nothing
// is recorded: it is the new owner's to judge.
func Halt(ctx context.Context, db Beginner, key Key, epoch int64, halt *HaltError) error {
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		if err := limit(ctx, tx); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, fenceOffSQL, key.Group, key.Topic, key.Partition, epoch)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return recordHalt(ctx, tx, key, halt)
	})
	if err != nil {
		return fmt.Errorf("halt %s[%d]: %w", key.Topic, key.Partition, err)
	}
	return nil
}

func recordHalt(ctx context.Context, tx pgx.Tx, key Key, halt *HaltError) error {
	_, err := tx.Exec(ctx, haltSQL, key.Group, key.Topic, key.Partition, halt.Reason, halt.Detail)
	return err
}

// Execer runs a statement: a [pgx.Tx], a [pgx.Conn] or a pool.
type Execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// InterventionDone notes that the group's committed offset followed an
// operator's intervention, which then no longer sets the start.
func InterventionDone(ctx context.Context, db Execer, id int64) error {
	if _, err := db.Exec(ctx, interventionDoneSQL, id); err != nil {
		return fmt.Errorf("end intervention %d: %w", id, err)
	}
	return nil
}
