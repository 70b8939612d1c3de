package integration

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// transact runs statements in a transaction of its own, and rolls it back
// after a while: somebody who works on the same tables by hand. The error is
// that of the first statement that failed.
func (e *env) transact(hold time.Duration, statements ...string) error {
	ctx := e.t.Context()
	conn, err := pgx.Connect(ctx, e.ownerURL())
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, statement := range append([]string{"BEGIN"}, statements...) {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	_, err = conn.Exec(ctx, "SELECT pg_sleep($1)", hold.Seconds())
	return err
}

// inTheWay are what others do to the tables that workers need.
var inTheWay = []struct {
	name     string
	disturb  func(e *env)
	mentions string // what a worker says, when it is to notice
}{
	{"accounts in the wrong order", lockAccountsBackwards, ""},
	{"the table for longer than lock_timeout", lockTable, ""},
	{"sessions that are ended", endSessionsAgain, "SQLSTATE 57P01"},
}

// lockAccountsBackwards locks accounts one after the other, from the last to
// the first, while workers lock them from the first to the last.
func lockAccountsBackwards(e *env) {
	before := e.deadlocks()
	eventually(e.t, time.Minute, "transactions waited in a circle", func() error {
		var statements []string
		for i := 9; i >= 0; i-- {
			statements = append(statements,
				fmt.Sprintf("SELECT FROM account WHERE name = 'customer-%d' FOR UPDATE; SELECT pg_sleep(0.05)", i))
		}
		err := e.transact(0, statements...)
		if e.deadlocks() == before {
			return fmt.Errorf("no deadlock yet: %w", err)
		}
		return nil
	})
}

// deadlocks is how many the server has counted in this database.
func (e *env) deadlocks() int64 {
	e.t.Helper()
	return e.count("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
}

func lockTable(e *env) {
	e.t.Helper()
	if err := e.transact(11*time.Second, "LOCK TABLE account IN SHARE ROW EXCLUSIVE MODE"); err != nil {
		e.t.Error(err)
	}
}

func endSessionsAgain(e *env) {
	e.t.Helper()
	var ended int64
	eventually(e.t, time.Minute, "many sessions were ended", func() error {
		if ended += e.endSessions(); ended < 60 {
			return fmt.Errorf("%d were", ended)
		}
		return nil
	})
}

// endSessions ends the workers' sessions and returns how many there were.
func (e *env) endSessions() int64 {
	e.t.Helper()
	return e.count(`SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
	                 WHERE datname = current_database() AND usename = $1`, workerRole)
}

func TestPromise1_LocksAndSessionsTakenByOthers(t *testing.T) {
	t.Parallel()
	for _, other := range inTheWay {
		t.Run(strings.ReplaceAll(other.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, 4)
			e.openAccounts(customers(10, 1_000_000)...)
			workers := e.startWorkers(2)
			stop := e.keepLoading(10)
			e.awaitSettled(500)
			other.disturb(e)
			e.awaitMore(500)
			stop()
			e.expectOnce(workers...)
			if other.mentions != "" {
				e.expectSaid(other.mentions, workers...)
			}
			if n := e.count("SELECT count(*) FROM dead_letter"); n != 0 {
				t.Errorf("%d records were dead-lettered for what others did", n)
			}
		})
	}
}
