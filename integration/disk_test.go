package integration

import (
	"testing"

	"github.com/testcontainers/testcontainers-go"
)

// fill takes all room that is left on the disk of the database.
const fill = "dd if=/dev/zero of=$PGDATA/fill bs=64k 2>&1 | grep 'No space left'"

// TestPromise2_DiskFull leaves the database server no room: it refuses what
// needs some (SQLSTATE 53100), or ends, and does not come back before there is.
func TestPromise2_DiskFull(t *testing.T) {
	t.Parallel()
	server := startOwnPostgres(t, []string{"-c", "max_wal_size=64MB", "-c", "shared_buffers=32MB"},
		testcontainers.WithTmpfs(map[string]string{"/var/lib/postgresql": "size=192m"}))
	e := newEnvOn(t, 4, suite.broker, server)
	e.openAccounts(customers(100, 1_000_000)...)
	workers := e.startWorkers(2)
	stop := e.keepLoading(100)
	e.awaitSettled(1_000)
	server.shell(t, fill)
	for _, w := range workers {
		w.awaitUnready()
	}
	late := e.startWorker() // finds the disk full
	late.awaitUnready()
	for _, w := range append(workers, late) {
		if w.hasExited() {
			t.Errorf("worker %d gave up", w.cmd.Process.Pid)
		}
	}

	server.shell(t, "rm $PGDATA/fill")
	server.awaitUp(t)
	e.pool.Reset()
	e.awaitMore(1_000)
	stop()
	e.expectOnce(append(workers, late)...)
	if n := e.count("SELECT count(*) FROM dead_letter"); n != 0 {
		t.Errorf("%d records were dead-lettered for a full disk", n)
	}
}
