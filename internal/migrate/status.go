package migrate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// State is a migration in a database.
type State struct {
	Migration
	Known       bool       // this binary has the migration; else it is the database's alone
	AppliedAt   *time.Time // nil when pending
	RanChecksum string     // of the text that ran; empty when pending
}

// Pending says that the migration did not run yet.
func (s State) Pending() bool { return s.AppliedAt == nil }

// Changed says that it ran with another text than this binary's.
func (s State) Changed() bool { return s.Known && !s.Pending() && s.RanChecksum != s.Checksum }

// Status returns this binary's migrations in the order they run, and after
// them what else the database has. It writes nothing; in a database without
// table schema_migration all are pending.
func Status(ctx context.Context, conn *pgx.Conn) ([]State, error) {
	return status(ctx, conn, Components())
}

// Check returns nil when the database has this binary's migrations and no
// others; else an [*EncodingError], a [*NewerError], a [*ChangedError] or a
// [*MissingError], the first of them that is true, or an error of reading the
// database, such as a [*ForbiddenError]. The worker's role may call it.
func Check(ctx context.Context, conn *pgx.Conn) error {
	return check(ctx, conn, Components())
}

func check(ctx context.Context, conn *pgx.Conn, components []Component) error {
	if err := encoding(ctx, conn); err != nil {
		return err
	}
	states, err := status(ctx, conn, components)
	if err != nil {
		return err
	}
	if err := foreign(states); err != nil {
		return err
	}
	if missing := pending(states); len(missing) > 0 {
		return &MissingError{Pending: missing}
	}
	return nil
}

func status(ctx context.Context, conn *pgx.Conn, components []Component) ([]State, error) {
	migrations, err := load(components)
	if err != nil {
		return nil, err
	}
	ran, err := readApplied(ctx, conn)
	var refused *pgconn.PgError
	switch {
	case errors.As(err, &refused) && refused.Code == "42501": // insufficient_privilege
		return nil, &ForbiddenError{Role: conn.Config().User, Err: err}
	case err != nil:
		return nil, fmt.Errorf("read table schema_migration: %w", err)
	}
	found := make(map[key]State, len(ran))
	for _, state := range ran {
		found[state.key()] = state
	}
	states := make([]State, 0, len(migrations))
	for _, m := range migrations {
		in := found[m.key()] // the zero State when pending
		states = append(states, State{Migration: m, Known: true, AppliedAt: in.AppliedAt, RanChecksum: in.RanChecksum})
		delete(found, m.key())
	}
	for _, state := range ran {
		if _, unknown := found[state.key()]; unknown {
			states = append(states, state)
		}
	}
	return states, nil
}

// readApplied returns the rows of schema_migration, none without the table.
func readApplied(ctx context.Context, conn *pgx.Conn) ([]State, error) {
	var exists bool
	err := conn.QueryRow(ctx, `SELECT to_regclass('schema_migration') IS NOT NULL`).Scan(&exists)
	if err != nil || !exists {
		return nil, err
	}
	rows, err := conn.Query(ctx, `SELECT component, version, name, checksum, applied_at
		FROM schema_migration ORDER BY component, version`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s State, err error) {
		err = row.Scan(&s.Component, &s.Version, &s.Name, &s.RanChecksum, &s.AppliedAt)
		return s, err
	})
}

// encoding returns an error for a database that cannot hold all text.
func encoding(ctx context.Context, conn *pgx.Conn) error {
	var name string
	if err := conn.QueryRow(ctx, `SHOW server_encoding`).Scan(&name); err != nil {
		return fmt.Errorf("read the database's encoding: %w", err)
	}
	if name != "UTF8" {
		return &EncodingError{Encoding: name}
	}
	return nil
}

// foreign returns an error for a schema that another build made.
func foreign(states []State) error {
	var unknown []Migration
	for _, s := range states {
		if !s.Known {
			unknown = append(unknown, s.Migration)
		}
	}
	if len(unknown) > 0 {
		return &NewerError{Unknown: unknown}
	}
	for _, s := range states {
		if s.Changed() {
			return &ChangedError{Migration: s.Migration, RanChecksum: s.RanChecksum}
		}
	}
	return nil
}

func pending(states []State) []Migration {
	var migrations []Migration
	for _, s := range states {
		if s.Pending() {
			migrations = append(migrations, s.Migration)
		}
	}
	return migrations
}
