package console

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Limits of a page.
const (
	// pageTimeout bounds all that a page asks for.
	pageTimeout = 5 * time.Second
	// statementTimeout bounds each statement, at the server.
	statementTimeout = 4 * time.Second
)

// reader reads in transactions that can write nothing and are limited. They are
// limited one by one: a session's own settings would reach others behind a
// connection pooler.
type reader struct{ pool *pgxpool.Pool }

// BeginTx begins a transaction of the isolation level that the options name.
func (r *reader) BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error) {
	options.AccessMode = pgx.ReadOnly
	tx, err := r.pool.BeginTx(ctx, options)
	if err != nil {
		return nil, err
	}
	limit := strconv.FormatInt(statementTimeout.Milliseconds(), 10)
	if _, err := tx.Exec(ctx, limitSQL, limit); err != nil {
		_ = tx.Rollback(ctx) // the connection is given up with it
		return nil, err
	}
	return tx, nil
}

// read runs a function in a transaction that sees one moment.
func (r *reader) read(ctx context.Context, use func(pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, r, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, use)
}

// Query runs one query in a transaction of its own, which ends with the rows.
func (r *reader) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	tx, err := r.BeginTx(ctx, pgx.TxOptions{})
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		_ = tx.Rollback(ctx) // nothing was written
		return nil, err
	}
	return &lastRows{Rows: rows, end: func() { _ = tx.Rollback(ctx) }}, nil
}

// lastRows are the last of a transaction.
type lastRows struct {
	pgx.Rows
	end func()
}

// Close implements [pgx.Rows]. It may be called again.
func (r *lastRows) Close() {
	r.Rows.Close()
	r.end()
}
