package bench

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
)

//go:embed queries/hold_watermarks.sql
var holdWatermarksSQL string

// gate keeps workers from taking partitions over until all are there and the
// partitions are shared out, so that several begin together: otherwise the first
// would have done the work before the others had joined.
func (c *crew) gate(ctx context.Context, workers int) (err error) {
	tx, err := c.books.conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tx.Rollback(context.WithoutCancel(ctx))) }()
	if _, err := tx.Exec(ctx, holdWatermarksSQL); err != nil {
		return fmt.Errorf("hold the watermarks: %w", err)
	}
	for range workers {
		if _, err := c.start(); err != nil {
			return err
		}
	}
	return c.bench.awaitMembers(ctx, c.topic, c.group, workers, c.look)
}

// awaitMembers waits until the group has so many members, and each of them, as
// far as there are enough, a partition.
func (b *bench) awaitMembers(ctx context.Context, t *topic, group string, members int, look func() error) error {
	what := fmt.Sprintf("%d members to join group %s", members, group)
	return eventually(ctx, what, func(ctx context.Context) (bool, error) {
		if err := look(); err != nil {
			return false, err
		}
		found, err := t.cluster.Members(ctx, group)
		if err != nil || found.State != "Stable" || len(found.Members) != members {
			return false, err
		}
		idle := 0
		for _, member := range found.Members {
			if len(member.Partitions) == 0 {
				idle++
			}
		}
		return idle <= max(0, members-len(t.partitions)), nil
	})
}
