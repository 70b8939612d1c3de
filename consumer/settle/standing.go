package settle

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Standing is where a partition stands, as far as a replay depends on it.
type Standing struct {
	// Watermark is the first offset without a recorded outcome.
	Watermark int64 `json:"watermark"`
	// Epoch counts the assignments.
	Epoch int64 `json:"epoch"`
	// LastIntervention and LastReplay are the ids of the latest ones; 0 without.
	LastIntervention int64 `json:"last_intervention"`
	LastReplay       int64 `json:"last_replay"`
}

// RowQuerier runs a query for one row: a [pgx.Tx], a [pgx.Conn] or a pool.
type RowQuerier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// FindStanding tells where a partition of a topic stands, and what is in the way
// of replaying it; "" when nothing is.
func FindStanding(ctx context.Context, db RowQuerier, key Key, topicID [16]byte) (s Standing, obstacle string, err error) {
	var knownID [16]byte
	var halt string
	var intervening bool
	var running int64
	known, err := found(db.QueryRow(ctx, getStandingSQL, key.Group, key.Topic, key.Partition).Scan(
		&s.Watermark, &s.Epoch, &knownID, &halt, &s.LastIntervention, &intervening, &s.LastReplay, &running))
	switch {
	case err != nil:
		return s, "", fmt.Errorf("find where %s[%d] stands: %w", key.Topic, key.Partition, err)
	case !known:
		obstacle = "the database knows nothing of it: no worker has read it yet"
	case knownID != topicID:
		obstacle = "the topic was deleted and created again since it was read: partition adopt takes it up"
	case halt != "":
		obstacle = fmt.Sprintf("it is halted (%s): mend that first, or partition skip", halt)
	case running != 0:
		obstacle = fmt.Sprintf("replay %d is running on it: deductor replay progress %d says how far it is",
			running, running)
	case intervening:
		obstacle = fmt.Sprintf("an intervention (%d, partition skip or adopt) is pending: "+
			"let a worker follow it first", s.LastIntervention)
	}
	return s, obstacle, nil
}

// since says what has changed since the partition was planned, but for progress;
// "" when nothing has.
func (s *Standing) since(planned Standing) string {
	switch {
	case s.Epoch < planned.Epoch:
		return fmt.Sprintf("its epoch was %d and is %d: the database was put back since the plan was made",
			planned.Epoch, s.Epoch)
	case s.LastIntervention != planned.LastIntervention:
		return fmt.Sprintf("intervention %d (partition skip or adopt) moved it since the plan was made",
			s.LastIntervention)
	case s.LastReplay != planned.LastReplay:
		return fmt.Sprintf("replay %d ran on it since the plan was made", s.LastReplay)
	case s.Watermark < planned.Watermark:
		return fmt.Sprintf("its watermark was %d and is %d: the database was put back since the plan was made",
			planned.Watermark, s.Watermark)
	}
	return ""
}
