package integration

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"
)

const (
	postgresImage = "postgres:18"
	// workerRole is the role that workers run under; it gets what
	// deductor migrate sql --role grants and nothing else.
	workerRole = "deductor_worker"
)

// postgres is a database server in a container.
type postgres struct {
	container *testcontainers.DockerContainer
	addr      string
	admin     *pgxpool.Pool // connected to database postgres
}

func startPostgres(ctx context.Context, opts ...testcontainers.ContainerCustomizer) (p *postgres, err error) {
	p = &postgres{}
	p.container, err = testcontainers.Run(ctx, postgresImage, append([]testcontainers.ContainerCustomizer{
		testcontainers.WithExposedPorts("5432/tcp"),
		testcontainers.WithEnv(map[string]string{"POSTGRES_PASSWORD": "owner"}),
		testcontainers.WithCmd("postgres", "-c", "max_connections=400", "-c", "shared_buffers=256MB"),
		testcontainers.WithWaitStrategyAndDeadline(2*time.Minute,
			// The first server only runs the initial scripts; the second stays.
			wait.ForLog("database system is ready to accept connections").WithOccurrence(2)),
	}, opts...)...)
	if err != nil {
		return p, fmt.Errorf("start %s: %w", postgresImage, err)
	}
	if p.addr, err = p.container.PortEndpoint(ctx, "5432/tcp", ""); err != nil {
		return p, err
	}
	if p.admin, err = pgxpool.New(ctx, p.url(p.addr, "postgres:owner", "postgres")); err != nil {
		return p, err
	}
	_, err = p.admin.Exec(ctx, "CREATE ROLE "+workerRole+" LOGIN PASSWORD 'worker'")
	return p, err
}

func (p *postgres) stop() error {
	if p == nil {
		return nil
	}
	if p.admin != nil {
		p.admin.Close()
	}
	return testcontainers.TerminateContainer(p.container)
}

// url is a connection string; user is name:password.
func (p *postgres) url(addr, user, database string) string {
	name, password, _ := strings.Cut(user, ":")
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(name, password), Host: addr, Path: database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

func (p *postgres) exec(t *testing.T, format string, names ...any) {
	t.Helper()
	for i, name := range names {
		names[i] = pgx.Identifier{name.(string)}.Sanitize()
	}
	statement := fmt.Sprintf(format, names...)
	if _, err := p.admin.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// crash kills a server process the hard way, so that the server drops every
// connection and recovers from its log. It returns when it answers again.
func (p *postgres) crash(t *testing.T) {
	t.Helper()
	victim, witness := p.connect(t), p.connect(t)
	pid := fmt.Sprint(victim.PgConn().PID())
	if _, err := execIn(t.Context(), p.container, []string{"sh", "-c", "kill -9 " + pid}); err != nil {
		t.Fatalf("crash the server: %v", err)
	}
	eventually(t, time.Minute, "the database server drops its connections", func() error {
		if _, err := witness.Exec(t.Context(), "SELECT 1"); err == nil {
			return errors.New("it still answers")
		}
		return nil
	})
	eventually(t, time.Minute, "the database server recovers", func() error {
		p.admin.Reset()
		_, err := p.admin.Exec(t.Context(), "SELECT 1")
		return err
	})
}

func (p *postgres) connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), p.admin.Config().ConnString())
	if err != nil {
		t.Fatalf("connect to the database server: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// snapshot copies the test's database as it is now; nothing may be connected
// to it. The name that it returns is for putBack.
func (e *env) snapshot() string {
	e.t.Helper()
	name := e.database + "_snapshot"
	e.pool.Reset()
	e.awaitNoConnection()
	e.server.exec(e.t, "CREATE DATABASE %s TEMPLATE %s", name, e.database)
	e.t.Cleanup(func() { e.drop(name) })
	return name
}

// putBack makes the database what it was at the snapshot, as a restore from a
// backup does. Connections to it are closed.
func (e *env) putBack(snapshot string) {
	e.t.Helper()
	e.replaceDatabase(snapshot)
}

// loseDatabase leaves an empty database of the same name.
func (e *env) loseDatabase() {
	e.t.Helper()
	e.replaceDatabase("template1")
}

func (e *env) replaceDatabase(template string) {
	e.t.Helper()
	e.pool.Reset() // the test's own connections, before they fail
	e.server.exec(e.t, "DROP DATABASE %s WITH (FORCE)", e.database)
	e.server.exec(e.t, "CREATE DATABASE %s TEMPLATE %s", e.database, template)
}

func (e *env) awaitNoConnection() {
	e.t.Helper()
	eventually(e.t, 10*time.Second, "nothing is connected to the database", func() error {
		var n int
		err := e.server.admin.QueryRow(e.t.Context(),
			"SELECT count(*) FROM pg_stat_activity WHERE datname = $1", e.database).Scan(&n)
		if err == nil && n > 0 {
			err = fmt.Errorf("%d connections are left", n)
		}
		return err
	})
}

func (e *env) drop(database string) {
	statement := "DROP DATABASE IF EXISTS " + pgx.Identifier{database}.Sanitize() + " WITH (FORCE)"
	// The test's context has ended when its cleanups run.
	if _, err := e.server.admin.Exec(context.Background(), statement); err != nil {
		e.t.Errorf("%s: %v", statement, err)
	}
}
