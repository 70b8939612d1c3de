package bench

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sync/errgroup"
)

var (
	//go:embed queries/create_floor.sql
	createFloorSQL string
	//go:embed queries/count_floor.sql
	countFloorSQL string
	//go:embed queries/drop_floor.sql
	dropFloorSQL string
)

// Statements of the floor that have nothing to set.
const (
	floorDurableSQL   = "SET synchronous_commit = on"
	floorProcessedSQL = "COPY floor_processed FROM STDIN (FORMAT binary)"
	floorTransferSQL  = "COPY floor_transfer FROM STDIN (FORMAT binary)"
)

// floor times Postgres with the very rows that a worker wrote, and nothing else
// to do: COPY into tables of the same columns and indexes, a transaction a batch,
// as many connections as a worker has lanes, no checks, no balances. No way of
// writing these rows is faster.
func (b *bench) floor(ctx context.Context, books *books, c *copies) (run Sample, err error) {
	b.say("%s", partFloor)
	if _, err := books.conn.Exec(ctx, createFloorSQL); err != nil {
		return run, fmt.Errorf("create tables: %w", err)
	}
	conns := make([]*pgconn.PgConn, 0, b.cfg.Lanes)
	defer func() {
		for _, conn := range conns {
			err = errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
		}
	}()
	for range b.cfg.Lanes {
		conn, err := b.place.connect(ctx, books.url)
		if err != nil {
			return run, err
		}
		conns = append(conns, conn.PgConn())
		if _, err := conn.Exec(ctx, floorDurableSQL); err != nil {
			return run, err
		}
	}
	m, err := b.place.newMeter(ctx)
	if err != nil {
		return run, err
	}
	began := time.Now()
	if err := c.load(ctx, conns); err != nil {
		return run, err
	}
	took := time.Since(began)
	cost, err := m.stop(ctx, c.rows)
	if err != nil {
		return run, err
	}
	var processed, transfers int
	if err := books.conn.QueryRow(ctx, countFloorSQL).Scan(&processed, &transfers); err != nil {
		return run, err
	}
	if processed != c.rows || transfers != c.rows {
		return run, &VoidError{Part: partFloor, Problems: []string{
			fmt.Sprintf("%d orders and %d transfers, not %d", processed, transfers, c.rows)}}
	}
	rows := float64(c.rows) / float64(len(c.processed))
	cost.RowsPerCommit = &rows
	_, err = books.conn.Exec(ctx, dropFloorSQL)
	return newRun(c.rows, took.Seconds(), cost), err
}

// load writes all batches; each connection takes the next.
func (c *copies) load(ctx context.Context, conns []*pgconn.PgConn) error {
	var next atomic.Int64
	tasks, ctx := errgroup.WithContext(ctx)
	for _, conn := range conns {
		tasks.Go(func() error {
			for {
				batch := int(next.Add(1)) - 1
				if batch >= len(c.processed) {
					return nil
				}
				if err := c.loadBatch(ctx, conn, batch); err != nil {
					return err
				}
			}
		})
	}
	return tasks.Wait()
}

func (c *copies) loadBatch(ctx context.Context, conn *pgconn.PgConn, batch int) error {
	if _, err := conn.Exec(ctx, "BEGIN").ReadAll(); err != nil {
		return err
	}
	if _, err := conn.CopyFrom(ctx, bytes.NewReader(c.processed[batch]), floorProcessedSQL); err != nil {
		return err
	}
	if _, err := conn.CopyFrom(ctx, bytes.NewReader(c.transfer[batch]), floorTransferSQL); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, "COMMIT").ReadAll()
	return err
}
