package integration

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/testcontainers/testcontainers-go"
)

// standby is a server that follows a primary by streaming, in its container.
type standby struct {
	t    *testing.T
	addr string
	conn *pgx.Conn
}

const standbyPort = "5433/tcp"

// makeStandby copies a running primary and starts the copy.
const makeStandby = `
copy=/var/lib/postgresql/standby
psql --host 127.0.0.1 --quiet --no-psqlrc --set ON_ERROR_STOP=1 <<-SQL
	SELECT pg_backup_start('standby', fast => true) \g /dev/null
	\! cp -a $PGDATA $copy
	\pset format unaligned
	\pset tuples_only on
	SELECT labelfile FROM pg_backup_stop(wait_for_archive => false) \g $copy/backup_label
SQL
cd $copy
rm postmaster.pid
touch standby.signal
echo "primary_conninfo = 'host=127.0.0.1 user=postgres'" >>postgresql.auto.conf
pg_ctl --pgdata . --wait --options '-p 5433 -c max_connections=200' --log log start >/dev/null`

func (p *postgres) startStandby(t *testing.T) *standby {
	t.Helper()
	p.shell(t, makeStandby)
	addr, err := p.container.PortEndpoint(t.Context(), standbyPort, "")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), p.url(addr, "postgres:owner", "postgres"))
	if err != nil {
		t.Fatalf("connect to the standby: %v", err)
	}
	s := &standby{t, addr, conn}
	s.await("the standby follows", "SELECT EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')")
	return s
}

// await waits until the query says true.
func (s *standby) await(what, query string) {
	s.t.Helper()
	eventually(s.t, adminTimeout, what, func() error {
		var is bool
		err := s.conn.QueryRow(s.t.Context(), query).Scan(&is)
		if err == nil && !is {
			err = errNotYet
		}
		return err
	})
}

func (s *standby) exec(statement string) {
	s.t.Helper()
	if _, err := s.conn.Exec(s.t.Context(), statement); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

// detach has it receive nothing more, as when the network to it is down.
func (s *standby) detach() {
	s.t.Helper()
	s.exec("ALTER SYSTEM SET primary_conninfo = ''")
	s.exec("SELECT pg_reload_conf()")
	s.await("the standby receives nothing", "SELECT NOT EXISTS (SELECT FROM pg_stat_wal_receiver)")
}

// TestPromise6_FailoverToALaggingReplica loses what was committed last, with
// the primary: the replica is asynchronous. Kafka still has it.
func TestPromise6_FailoverToALaggingReplica(t *testing.T) {
	t.Parallel()
	primary := startOwnPostgres(t, nil, testcontainers.WithExposedPorts(standbyPort))
	replica := primary.startStandby(t)
	between, err := newProxy(primary.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(between.close)
	e := newEnvOn(t, 4, suite.broker, primary.via(t, between))
	e.openAccounts(customers(100, 1_000_000)...)
	workers := e.startWorkers(3)
	stop := e.keepLoading(100)
	e.awaitSettled(1_000)
	replica.detach()
	e.awaitMore(2_000)
	e.expectCommittedBeyond(replica)

	primary.shell(t, "touch "+downFile+"; kill -9 $(head -1 $PGDATA/postmaster.pid)")
	replica.exec("SELECT pg_promote()")
	between.switchTo(replica.addr)
	e.server.awaitUp(t)
	e.pool.Reset()
	e.awaitMore(1_000)
	stop()
	e.expectOnce(workers...)
	e.expectSaid("it was put back", workers...)
}

// expectCommittedBeyond waits until the group has committed what the replica
// does not know of.
func (e *env) expectCommittedBeyond(s *standby) {
	e.t.Helper()
	conn, err := pgx.Connect(e.t.Context(), e.server.url(s.addr, "postgres:owner", e.database))
	if err != nil {
		e.t.Fatalf("connect to the standby: %v", err)
	}
	defer conn.Close(e.t.Context())
	eventually(e.t, adminTimeout, "each partition's committed offset is beyond the replica's watermark", func() error {
		committed, err := e.committed(e.t.Context())
		if err != nil {
			return err
		}
		for partition := range e.partitions {
			var known int64
			if err := conn.QueryRow(e.t.Context(), "SELECT next_offset FROM watermark WHERE partition = $1",
				partition).Scan(&known); err != nil {
				return err
			}
			if committed[partition] <= known {
				return fmt.Errorf("partition %d: %d is committed, the replica knows %d", partition, committed[partition], known)
			}
		}
		return nil
	})
}

// expectSaid expects that one of the workers said so.
func (e *env) expectSaid(what string, workers ...*worker) {
	e.t.Helper()
	for _, w := range workers {
		if strings.Contains(w.output.String(), what) {
			return
		}
	}
	e.t.Error(errors.New("no worker said: " + what))
}
