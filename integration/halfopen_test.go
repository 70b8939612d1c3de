package integration

import (
	"sync"
	"testing"
	"time"
)

// TestPromise2_HalfOpenConnectionThatHoldsLocks kills a worker of whose
// connections the server never learns that they have ended, in a transaction:
// the partitions' watermarks and the accounts stay locked until Postgres ends
// the session, for being idle, or for taking too long when the server waits for
// the rest of what it was being sent.
func TestPromise2_HalfOpenConnectionThatHoldsLocks(t *testing.T) {
	t.Parallel()
	for name, part := range map[string]bool{"between round trips": false, "in the middle of one": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, 2)
			e.openAccounts(customers(10, 1_000_000)...)
			direct := e.postgres
			between := e.behindProxy()
			var once sync.Once
			held := make(chan struct{})
			beforeCommit := func() bool {
				once.Do(func() {
					between.hold()
					close(held)
				})
				return !part // all of it is held, or the rest is
			}
			between.watch(func() tap {
				return (&commitTap{mayCommit: beforeCommit, mayBeHeard: func() bool { return true }}).tap()
			})
			doomed := e.startWorker()
			doomed.awaitReady()
			e.send(orders(random(t), "order", 500, 10)...)
			<-held
			began := time.Now()
			doomed.kill()
			e.postgres = direct
			heir := e.startWorker()
			e.awaitDoneWithin(2 * time.Minute)
			t.Logf("everything was settled %v after the worker died", time.Since(began).Round(time.Millisecond))
			e.expectOnce(heir)
		})
	}
}
