package integration

import (
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/twmb/franz-go/pkg/kgo"
)

// env is what one test has for itself: a topic, a group, a database, and the
// oracle of what it produced.
type env struct {
	t          *testing.T
	topic      string
	group      string
	database   string
	partitions int32
	cluster    *broker
	server     *postgres
	front      string // the server's address, or that of the pooler before it
	brokers    string // where workers look for Kafka
	postgres   string // where workers look for Postgres
	pool       *pgxpool.Pool
	producer   *kgo.Client
	oracle     *oracle
	sent       atomic.Int64 // records sent, to spread them over partitions
}

var (
	tests      atomic.Int32
	notInNames = regexp.MustCompile(`[^a-z0-9]+`)
)

// newEnv makes the topic, migrates the database and grants the worker's role.
func newEnv(t *testing.T, partitions int32) *env {
	t.Helper()
	e := newEmptyEnv(t, partitions)
	e.migrate()
	return e
}

// newEnvOn is newEnv on servers that are not the suite's.
func newEnvOn(t *testing.T, partitions int32, cluster *broker, server *postgres) *env {
	t.Helper()
	e := newEmptyEnvOn(t, partitions, cluster, server)
	e.migrate()
	return e
}

// newEmptyEnv leaves the database empty.
func newEmptyEnv(t *testing.T, partitions int32) *env {
	t.Helper()
	return newEmptyEnvOn(t, partitions, suite.broker, suite.postgres)
}

func newEmptyEnvOn(t *testing.T, partitions int32, cluster *broker, server *postgres) *env {
	t.Helper()
	if err := readSources(); err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("t%d_%s", tests.Add(1), notInNames.ReplaceAllString(strings.ToLower(t.Name()), "_"))
	name = name[:min(len(name), 40)] // Postgres cuts names at 63 bytes
	e := &env{
		t: t, topic: name, group: name + "_group", database: name, partitions: partitions,
		cluster: cluster, server: server, front: server.addr, oracle: newOracle(),
		brokers: cluster.addr, postgres: server.addr,
	}
	if server == suite.postgres && suite.pooler != nil {
		e.front, e.postgres = suite.pooler.addr, suite.pooler.addr
	}
	e.server.exec(t, "CREATE DATABASE %s", e.database)
	t.Cleanup(func() { e.drop(e.database) })
	pool, err := pgxpool.New(t.Context(), e.ownerURL())
	if err != nil {
		t.Fatal(err)
	}
	e.pool = pool
	t.Cleanup(pool.Close)
	e.createTopic()
	e.connectProducer()
	return e
}

// migrate makes the tables and grants the worker's role what it needs.
func (e *env) migrate() {
	e.t.Helper()
	e.run("migrate", "up")
	grants := e.run("migrate", "sql", "--role", workerRole)
	if _, err := e.pool.Exec(e.t.Context(), grants); err != nil {
		e.t.Fatalf("grants of migrate sql --role: %v\n%s", err, grants)
	}
}

func (e *env) ownerURL() string {
	return e.server.url(e.front, "postgres:owner", e.database)
}

func (e *env) workerURL() string {
	return e.server.url(e.postgres, workerRole+":worker", e.database)
}

// count is the number that the query returns.
func (e *env) count(query string, args ...any) int64 {
	e.t.Helper()
	var n int64
	if err := e.pool.QueryRow(e.t.Context(), query, args...).Scan(&n); err != nil {
		e.t.Fatalf("%s: %v", query, err)
	}
	return n
}
