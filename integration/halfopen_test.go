package integration

import (
	"sync"
	"testing"
	"time"
)

// TestPromise2_HalfOpenConnectionThatHoldsLocks kills a worker of whose
// connections the server never learns that they have ended, in the middle of a
// transaction: the partitions' watermarks and accounts stay locked until
// Postgres ends the session for being idle.
func TestPromise2_HalfOpenConnectionThatHoldsLocks(t *testing.T) {
	t.Parallel()
	e := newEnv(t, 2)
	e.openAccounts(customers(10, 1_000_000)...)
	direct := e.postgres
	between := e.behindProxy()
	var once sync.Once
	held := make(chan struct{})
	atCommit := func() bool {
		once.Do(func() {
			between.hold()
			close(held)
		})
		return true // and is held
	}
	between.watch(func() tap {
		return (&commitTap{mayCommit: atCommit, mayBeHeard: func() bool { return true }}).tap()
	})
	doomed := e.startWorker()
	doomed.awaitReady()
	e.send(orders(random(t), "order", 500, 10)...)
	<-held
	began := time.Now()
	doomed.kill()
	e.postgres = direct
	heir := e.startWorker()
	e.expectOnce(heir)
	took := time.Since(began)
	t.Logf("everything was settled %v after the worker died", took.Round(time.Millisecond))
	if n := e.count(`SELECT count(*) FROM pg_stat_activity
	                  WHERE datname = current_database() AND state LIKE 'idle in transaction%'`); n != 0 {
		t.Errorf("%d sessions are left in a transaction", n)
	}
}
