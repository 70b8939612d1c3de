package pgtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"deductor/internal/embedded"
	"deductor/internal/migrate"
)

const (
	template   = "template_migrated"
	workerRole = "worker"
)

// server is the process's Postgres, with a migrated database to clone and a
// login role that has the worker's grants in it, and so in each clone.
type server struct {
	postgres       *embedded.Postgres
	workerPassword string
	databases      atomic.Int64 // made so far; numbers their names
}

var (
	started sync.Mutex
	shared  *server // nil until a test needs it
)

// Tests are a package's tests, with the server's end at their end.
type Tests struct{ M *testing.M }

// Run runs the tests, stops the server if it was started, and returns the
// exit code.
func (t Tests) Run() int {
	code := t.M.Run()
	if err := stopServer(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

// Main runs the tests and exits.
func Main(m *testing.M) { os.Exit(Tests{M: m}.Run()) }

func stopServer() error {
	started.Lock()
	defer started.Unlock()
	if shared == nil {
		return nil
	}
	return shared.postgres.Stop()
}

func getServer(ctx context.Context) (*server, error) {
	started.Lock()
	defer started.Unlock()
	if shared != nil {
		return shared, nil
	}
	postgres, err := embedded.StartPostgres(ctx, embedded.PostgresConfig{
		Volatile: true,
		Settings: map[string]string{"max_connections": "300"}, // parallel tests have a pool each
	})
	if err != nil {
		return nil, err
	}
	s := &server{postgres: postgres, workerPassword: rand.Text()}
	if err := s.makeTemplate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("make the template database: %w", err), postgres.Stop())
	}
	shared = s
	return s, nil
}

func (s *server) makeTemplate(ctx context.Context) error {
	err := s.administer(ctx, "CREATE DATABASE "+template,
		fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", workerRole, s.workerPassword))
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, s.url(template, nil))
	if err != nil {
		return err
	}
	// Nobody may be connected to a template that is being cloned.
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := migrate.Up(ctx, conn); err != nil {
		return err
	}
	var grants bytes.Buffer
	if err := migrate.Grants(&grants, workerRole); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, grants.String())
	return err
}

// administer runs statements as the superuser, each in a transaction.
func (s *server) administer(ctx context.Context, statements ...string) error {
	conn, err := pgx.Connect(ctx, s.postgres.URL())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// url is how user, or the superuser, connects to a database.
func (s *server) url(database string, user *url.Userinfo) string {
	u, err := url.Parse(s.postgres.URL())
	if err != nil {
		panic(err) // embedded made it with this package
	}
	u.Path = "/" + database
	if user != nil {
		u.User = user
	}
	return u.String()
}
