package migrate

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"
)

//go:embed schema_migration.sql
var createTable string

// lockKey is the advisory lock that each step holds until its transaction
// ends: "dedu" in ASCII, so that a person who meets it in pg_locks may guess.
const lockKey = 0x64656475

// Up runs what is pending, each migration in a transaction of its own, and
// returns what ran, also when a later one failed. An [*EncodingError], a
// [*NewerError] or a [*ChangedError] is returned before anything runs.
//
// Several processes may call it at once: a step waits for the lock, then looks
// whether another process was faster.
func Up(ctx context.Context, conn *pgx.Conn) ([]Applied, error) {
	return up(ctx, conn, Components())
}

func up(ctx context.Context, conn *pgx.Conn, components []Component) ([]Applied, error) {
	if err := encoding(ctx, conn); err != nil {
		return nil, err
	}
	states, err := status(ctx, conn, components)
	if err != nil {
		return nil, err
	}
	if err := foreign(states); err != nil {
		return nil, err
	}
	missing := pending(states)
	if len(missing) == 0 {
		return nil, nil
	}
	err = locked(ctx, conn, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, createTable)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("create table schema_migration: %w", err)
	}
	var ran []Applied
	for _, m := range missing {
		applied, err := apply(ctx, conn, m)
		if err != nil {
			return ran, fmt.Errorf("migration %s: %w", m, err)
		}
		if applied != nil {
			ran = append(ran, *applied)
		}
	}
	return ran, nil
}

// apply runs m and returns when, or nil when another process was faster.
func apply(ctx context.Context, conn *pgx.Conn, m Migration) (applied *Applied, err error) {
	err = locked(ctx, conn, func(tx pgx.Tx) error {
		var done bool
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM schema_migration WHERE component = $1 AND version = $2)`,
			m.Component, m.Version).Scan(&done)
		if err != nil || done {
			return err
		}
		if _, err := tx.Exec(ctx, m.SQL); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, m.record()); err != nil {
			return err
		}
		applied = &Applied{Migration: m}
		return tx.QueryRow(ctx, `SELECT now()`).Scan(&applied.At) // what applied_at's default gave
	})
	if err != nil {
		return nil, err
	}
	return applied, nil
}

// locked runs a step under the lock. Should this process be gone without the
// server noticing, the lock is free again after the limit.
func locked(ctx context.Context, conn *pgx.Conn, step func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL idle_in_transaction_session_timeout = '60s'`); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, lockKey); err != nil {
			return err
		}
		return step(tx)
	})
}
