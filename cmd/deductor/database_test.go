package main

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"deductor/internal/pgtest"
)

// count is the number that a query returns.
func count(t *testing.T, db *pgtest.DB, query string, args ...any) int64 {
	t.Helper()
	var n int64
	if err := db.Pool.QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// openAccounts makes the accounts customer-1 to customer-n with enough money.
func openAccounts(t *testing.T, env map[string]string, n int) {
	t.Helper()
	var csv strings.Builder
	csv.WriteString("account,currency,balance\n")
	for i := range n {
		fmt.Fprintf(&csv, "customer-%d,USD,1000000.00\n", i+1)
	}
	file := filepath.Join(t.TempDir(), "accounts.csv")
	if err := os.WriteFile(file, []byte(csv.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	mustRun(t, env, "account", "import", file)
}

// gate is an address at which the database answers once it is open; before,
// connections are closed at once.
type gate struct {
	url     string
	target  string
	refused atomic.Int64 // connections
	opened  chan struct{}
	once    sync.Once
}

func newGate(t *testing.T, databaseURL string) *gate {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{target: u.Host, opened: make(chan struct{})}
	u.Host = listener.Addr().String()
	g.url = u.String()
	var running sync.WaitGroup
	running.Go(func() { g.accept(listener, &running) })
	t.Cleanup(func() {
		_ = listener.Close()
		running.Wait()
	})
	return g
}

func (g *gate) open() { g.once.Do(func() { close(g.opened) }) }

func (g *gate) accept(listener net.Listener, running *sync.WaitGroup) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		select {
		case <-g.opened:
			running.Go(func() { g.carry(client) })
		default:
			g.refused.Add(1)
			_ = client.Close()
		}
	}
}

// carry takes bytes both ways until one side ends.
func (g *gate) carry(client net.Conn) {
	server, err := net.Dial("tcp", g.target)
	if err != nil {
		_ = client.Close()
		return
	}
	var ways sync.WaitGroup
	way := func(to, from net.Conn) {
		_, _ = io.Copy(to, from) // ends when a side does
		_ = to.Close()
		_ = from.Close()
	}
	ways.Go(func() { way(server, client) })
	ways.Go(func() { way(client, server) })
	ways.Wait()
}

func TestDatabaseTrouble(t *testing.T) {
	t.Parallel()
	env, _, db := testEnv(t)
	for name, test := range map[string]struct {
		url  string
		code int
		said string
	}{
		"unreachable":    {newGate(t, db.URL).url, 1, "database: failed to connect"},
		"wrong password": {withPassword(t, db.WorkerURL(t)), 1, "password authentication failed"},
		"not migrated":   {pgtest.NewEmpty(t).URL, 1, `run "deductor migrate up"`},
		"keywords":       {"host=127.0.0.1 password=s3cr-et port=x", 2, "DEDUCTOR_DATABASE_URL"},
		"URL":            {"postgres://me:s3cr-et@host:port/db", 2, "DEDUCTOR_DATABASE_URL"},
		"URL and option": {"postgres://me:s3cr-et@host/db?sslmode=maybe", 2, "sslmode"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := runCommand(t, with(env, "DATABASE_URL", test.url), "", "partition", "list")
			r.expect(t, test.code, test.said)
			if strings.Contains(r.stderr, "s3cr") {
				t.Errorf("it tells the password: %s", r.stderr)
			}
		})
	}
}
