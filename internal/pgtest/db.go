package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// DB is a database of the test's own. URL and Pool are the superuser's.
type DB struct {
	URL  string
	Pool *pgxpool.Pool

	server *server
	name   string
}

// New returns a database with the schema of this binary and nothing in it. It
// is closed and dropped when the test ends.
func New(t testing.TB) *DB {
	t.Helper()
	return create(t, template)
}

// NewEmpty returns a database without the schema.
func NewEmpty(t testing.TB) *DB {
	t.Helper()
	return create(t, "template0")
}

// WorkerURL is how a role connects that has the worker's grants and nothing
// else; in a database from NewEmpty, nothing at all.
func (db *DB) WorkerURL(t testing.TB) string {
	t.Helper()
	return db.server.url(db.name, url.UserPassword(workerRole, db.server.workerPassword))
}

// Conn returns a connection of the test's own to url, closed when it ends.
func Conn(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func create(t testing.TB, from string) *DB {
	t.Helper()
	s, err := getServer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("test_%d", s.databases.Add(1))
	if err := s.administer(t.Context(), fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, from)); err != nil {
		t.Fatal(err)
	}
	db := &DB{URL: s.url(name, nil), server: s, name: name}
	t.Cleanup(func() {
		if db.Pool != nil {
			db.Pool.Close()
		}
		if err := s.administer(context.Background(), fmt.Sprintf("DROP DATABASE %s WITH (FORCE)", name)); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	if db.Pool, err = pgxpool.New(t.Context(), db.URL); err != nil {
		t.Fatal(err)
	}
	return db
}
