package pgtest_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"deductor/internal/migrate"
	"deductor/internal/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Tests{M: m}) }

func TestNewIsMigratedAndItsOwn(t *testing.T) {
	t.Parallel()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			db := pgtest.New(t)
			conn, err := db.Pool.Acquire(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Release()
			if err := migrate.Check(t.Context(), conn.Conn()); err != nil {
				t.Error(err)
			}
			if _, err := conn.Exec(t.Context(), "CREATE TABLE mine ()"); err != nil { // once a database
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestNewEmptyHasNoTables(t *testing.T) {
	t.Parallel()
	db := pgtest.NewEmpty(t)
	var tables int
	err := db.Pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&tables)
	if err != nil || tables != 0 {
		t.Errorf("%d tables, error %v", tables, err)
	}
}

func TestDatabaseIsDroppedInUse(t *testing.T) {
	t.Parallel()
	keeper := pgtest.NewEmpty(t)
	var name string
	t.Run("test", func(t *testing.T) {
		db := pgtest.New(t)
		conn, err := pgx.Connect(t.Context(), db.WorkerURL(t)) // left open
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.QueryRow(t.Context(), "SELECT current_database()").Scan(&name); err != nil {
			t.Fatal(err)
		}
	})
	var there bool
	err := keeper.Pool.QueryRow(t.Context(),
		"SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there)
	if err != nil || there || name == "" {
		t.Errorf("database %q is still there: %v (error %v)", name, there, err)
	}
}

func TestWorkerURLIsTheLeastRole(t *testing.T) {
	t.Parallel()
	conn := pgtest.Conn(t, pgtest.New(t).WorkerURL(t))
	var super bool
	err := conn.QueryRow(t.Context(), "SELECT rolsuper FROM pg_roles WHERE rolname = current_user").Scan(&super)
	if err != nil || super {
		t.Errorf("superuser: %v (error %v)", super, err)
	}
	var orders int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM processed").Scan(&orders); err != nil {
		t.Errorf("the role lacks a worker's grant: %v", err)
	}
	_, err = conn.Exec(t.Context(), "DELETE FROM processed")
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "42501" { // insufficient_privilege
		t.Errorf("DELETE: got %v, want it refused", err)
	}
}
