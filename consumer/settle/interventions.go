package settle

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// PastIntervention is an operator's decision as it was recorded.
type PastIntervention struct {
	Action Action
	// From is the watermark before; nil when there was none.
	From *int64
	// To is where the partition was told to go on.
	To int64
	// Actor and Reason say who and why.
	Actor, Reason string
	// CreatedAt is when.
	CreatedAt time.Time
	// DoneAt is when the group's committed offset had followed; nil until then.
	DoneAt *time.Time
}

// Interventions returns what operators did to a partition, the newest first.
func Interventions(ctx context.Context, db Querier, key Key, limit int) ([]PastIntervention, error) {
	rows, err := db.Query(ctx, listInterventionsSQL, key.Group, key.Topic, key.Partition, limit)
	if err != nil {
		return nil, fmt.Errorf("read the interventions on %s[%d]: %w", key.Topic, key.Partition, err)
	}
	past, err := pgx.CollectRows(rows, pgx.RowToStructByPos[PastIntervention])
	if err != nil {
		return nil, fmt.Errorf("read the interventions on %s[%d]: %w", key.Topic, key.Partition, err)
	}
	return past, nil
}
