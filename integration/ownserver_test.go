package integration

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/testcontainers/testcontainers-go"
)

// downFile keeps a server of startOwnPostgres from being started again.
const downFile = "/tmp/down"

// startOwnPostgres starts a database server for one test alone, which may break
// it: whenever it has ended it is started again, in the same container, so that
// its address stays. The options are those of the server.
func startOwnPostgres(t *testing.T, options []string, opts ...testcontainers.ContainerCustomizer) *postgres {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	loop := "while :; do [ -f " + downFile + ` ] || docker-entrypoint.sh postgres "$@"; sleep 0.2; done`
	cmd := append([]string{"sh", "-c", loop, "sh", "-c", "max_connections=200"}, options...)
	p, err := startPostgres(ctx, append(opts, testcontainers.WithCmd(cmd...))...)
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Errorf("stop the database server: %v", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// shell runs a script in the server's container as the server's user.
func (p *postgres) shell(t *testing.T, script string) string {
	t.Helper()
	out, err := p.tryShell(t.Context(), script)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (p *postgres) tryShell(ctx context.Context, script string) (string, error) {
	return execIn(ctx, p.container, []string{
		"setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "bash", "-euc", script})
}

// via is the server as it is reached through a proxy.
func (p *postgres) via(t *testing.T, between *proxy) *postgres {
	t.Helper()
	admin, err := pgxpool.New(t.Context(), p.url(between.addr(), "postgres:owner", "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(admin.Close)
	return &postgres{container: p.container, addr: between.addr(), admin: admin}
}

// awaitUp waits until the server answers.
func (p *postgres) awaitUp(t *testing.T) {
	t.Helper()
	eventually(t, time.Minute, "the database server answers", func() error {
		p.admin.Reset()
		_, err := p.admin.Exec(t.Context(), "SELECT 1")
		return err
	})
}

// expectOnce ends a test: every record was read, everything was debited once,
// and these workers are ready.
func (e *env) expectOnce(workers ...*worker) {
	e.t.Helper()
	e.awaitDone()
	e.awaitAll()
	e.check()
	for _, w := range workers {
		w.awaitReady()
	}
	if n := e.count("SELECT count(*) - count(DISTINCT id) FROM transfer"); n != 0 {
		e.t.Errorf("%d transfer ids were given twice", n)
	}
}

// awaitSettled waits until the database has outcomes of so many orders.
func (e *env) awaitSettled(n int64) {
	e.t.Helper()
	eventually(e.t, time.Minute, "enough orders have an outcome", func() error {
		settled := e.count("SELECT count(*) FROM processed")
		if settled < n {
			return fmt.Errorf("%d of %d have", settled, n)
		}
		return nil
	})
}

// startWorkers starts workers and waits until each is ready.
func (e *env) startWorkers(n int, flags ...string) []*worker {
	e.t.Helper()
	workers := make([]*worker, n)
	for i := range workers {
		workers[i] = e.startWorker(flags...)
	}
	for _, w := range workers {
		w.awaitReady()
	}
	return workers
}

var errNotYet = errors.New("not yet")
