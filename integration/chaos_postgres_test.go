package integration

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

var postgresFaults = []fault{
	{name: "postgres: the network swallows packets", takes: postgresServer,
		shortest: time.Second, longest: 14 * time.Second, begin: func(c *chaos) func() {
			c.between.hold()
			return c.between.heal
		}},
	{name: "postgres: connections cut and refused", takes: postgresServer,
		shortest: 500 * time.Millisecond, longest: 6 * time.Second, begin: func(c *chaos) func() {
			c.between.cut()
			return c.between.heal
		}},
	{name: "postgres: connections cut", takes: postgresServer, begin: func(c *chaos) func() {
		c.between.cut()
		c.between.heal()
		return nil
	}},
	{name: "postgres: answers to COMMIT lost", takes: postgresServer,
		shortest: 200 * time.Millisecond, longest: 4 * time.Second, begin: func(c *chaos) func() {
			c.answersLost.turn(true)
			return func() { c.answersLost.turn(false) }
		}},
	{name: "postgres: COMMITs lost", takes: postgresServer,
		shortest: 200 * time.Millisecond, longest: 4 * time.Second, begin: func(c *chaos) func() {
			c.commitsLost.turn(true)
			return func() { c.commitsLost.turn(false) }
		}},
	{name: "postgres: server paused", takes: postgresServer,
		shortest: time.Second, longest: 14 * time.Second, begin: func(c *chaos) func() {
			return freezeContainer(c.t, c.server.container)
		}},
	{name: "postgres: server crashes", takes: postgresServer, needs: postgresServer, begin: func(c *chaos) func() {
		c.server.crash(c.t)
		c.pool.Reset()
		return nil
	}},
	{name: "postgres: sessions terminated", needs: postgresServer, begin: func(c *chaos) func() {
		for range 5 {
			c.count(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			          WHERE datname = current_database() AND usename = $1`, workerRole)
			c.pass(time.Duration(c.rng.Int64N(int64(500 * time.Millisecond))))
		}
		return nil
	}},
	{name: "postgres: hot accounts locked", needs: postgresServer,
		shortest: time.Second, longest: 12 * time.Second, begin: func(c *chaos) func() {
			return c.lock("SELECT 1 FROM account WHERE name < 'customer-3' ORDER BY id DESC FOR UPDATE")
		}},
	{name: "postgres: a table locked", needs: postgresServer,
		shortest: time.Second, longest: 12 * time.Second, begin: func(c *chaos) func() {
			return c.lock("LOCK TABLE processed IN SHARE ROW EXCLUSIVE MODE")
		}},
	{name: "postgres: deadlocks", needs: postgresServer, begin: func(c *chaos) func() {
		for range 10 {
			c.crossLocks()
		}
		return nil
	}},
	{name: "postgres: a copy is made", takes: postgresServer, needs: postgresServer | kafkaServer,
		begin: func(c *chaos) func() {
			c.dismissAll()
			c.dropSnapshot()
			c.snapshot = c.env.snapshot()
			return nil
		}},
	{name: "postgres: put back to the copy", takes: postgresServer, needs: postgresServer,
		when: func(c *chaos) bool { return c.snapshot != "" },
		begin: func(c *chaos) func() {
			// A worker that begins while there is no database ends with an error.
			c.calm()
			c.putBack(c.snapshot)
			return nil
		}},
}

// dropSnapshot gives the copy up.
func (c *chaos) dropSnapshot() {
	if c.snapshot != "" {
		c.drop(c.snapshot)
		c.snapshot = ""
	}
}

// lock takes locks and holds them; it does without when they can't be had.
func (c *chaos) lock(statement string) (unlock func()) {
	c.t.Helper()
	conn, err := pgx.Connect(c.t.Context(), c.ownerURL())
	if err != nil {
		c.t.Fatalf("connect: %v", err)
	}
	_, err = conn.Exec(c.t.Context(), "BEGIN; SET LOCAL lock_timeout = '5s'; "+statement)
	if err != nil && !unlucky(err) {
		c.t.Fatalf("%s: %v", statement, err)
	}
	return func() { _ = conn.Close(context.Background()) }
}

// crossLocks locks two hot accounts against the order in which workers do.
func (c *chaos) crossLocks() {
	c.t.Helper()
	const pair = `BEGIN; SET LOCAL lock_timeout = '2s';
		SELECT 1 FROM account WHERE name = 'customer-1' FOR UPDATE; SELECT pg_sleep(0.01);
		SELECT 1 FROM account WHERE name = 'customer-0' FOR UPDATE; COMMIT`
	conn, err := c.pool.Acquire(c.t.Context())
	if err != nil {
		c.t.Fatalf("connect: %v", err)
	}
	defer conn.Release()
	_, err = conn.Exec(c.t.Context(), pair)
	if err != nil && !unlucky(err) {
		c.t.Fatalf("lock two accounts: %v", err)
	}
	_, _ = conn.Exec(c.t.Context(), "ROLLBACK")
}

// unlucky tells whether a lock was not had because others had it: a deadlock, or
// a wait that was too long.
func unlucky(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && (refused.Code == "40P01" || refused.Code == "55P03")
}
