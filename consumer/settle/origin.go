package settle

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Origin is where a record stands in Kafka.
type Origin struct {
	Topic     string
	Partition int32
	Offset    int64
}

// getOrigins returns the partitions behind the rows of source, by id.
func getOrigins(ctx context.Context, db Querier, sourceIDs []int32) (map[int32]Origin, error) {
	rows, err := db.Query(ctx, getSourcesSQL, sourceIDs)
	if err != nil {
		return nil, fmt.Errorf("get sources: %w", err)
	}
	origins := make(map[int32]Origin, len(sourceIDs))
	var id int32
	var origin Origin
	if _, err := pgx.ForEachRow(rows, []any{&id, &origin.Topic, &origin.Partition}, func() error {
		origins[id] = origin
		return nil
	}); err != nil {
		return nil, fmt.Errorf("get sources: %w", err)
	}
	return origins, nil
}
