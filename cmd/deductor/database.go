package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"deductor/internal/config"
	"deductor/internal/pgclose"
)

// openDatabase connects once, to a database that has this binary's schema: a
// command that reads or changes a few rows says at once what is wrong. The
// caller closes the connection.
func openDatabase(ctx context.Context, settings *config.Database) (*pgx.Conn, error) {
	conn, err := connect(ctx, settings)
	if err != nil {
		return nil, err
	}
	if err := fits(ctx, conn); err != nil {
		pgclose.Conn(conn)
		return nil, fmt.Errorf("database: %w", err)
	}
	return conn, nil
}

// connect is openDatabase for a database of any schema.
func connect(ctx context.Context, settings *config.Database) (*pgx.Conn, error) {
	parsed, err := settings.PoolConfig()
	if err != nil {
		return nil, usage(err)
	}
	conn, err := pgx.ConnectConfig(ctx, parsed.ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	return conn, nil
}

// closePool is [pgclose.Conn] for a pool. It would wait longer than a supervisor
// may: a query that was given up is canceled at the server first, which takes
// 15 seconds when that says nothing.
func closePool(pool *pgxpool.Pool) {
	closed := make(chan struct{})
	go func() {
		pool.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(time.Second): // the process ends, and its connections with it
	}
}
