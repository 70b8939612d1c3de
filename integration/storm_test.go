package integration

import (
	"fmt"
	"syscall"
	"testing"
	"time"
)

// TestPromise1_StormOfStartsAndStops starts a worker every second and ends one
// at random whenever there are more than a few, so that the group is shared out
// again and again.
func TestPromise1_StormOfStartsAndStops(t *testing.T) {
	t.Parallel()
	e := newEnv(t, 6)
	e.openAccounts(customers(100, 1_000_000)...)
	rng := random(t)
	workers := e.startWorkers(2)
	stop := e.keepLoading(100)
	var ended []*worker
	pauses := e.watchPauses()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for range 12 {
		<-ticker.C
		workers = append(workers, e.startWorker())
		if begun := len(workers) - 2; begun > 2 { // the last ones may not hear signals yet
			i := rng.IntN(begun)
			workers[i].awaitBegun()
			workers[i].signal(syscall.SIGTERM)
			ended = append(ended, workers[i])
			workers = append(workers[:i], workers[i+1:]...)
		}
	}
	for _, w := range ended {
		if code := w.exitCode(10 * time.Second); code != 0 {
			t.Errorf("worker %d: exit %d after SIGTERM", w.cmd.Process.Pid, code)
		}
	}
	longest := pauses()
	stop()
	e.expectOnce(workers...)
	t.Logf("%d workers were ended, nothing was settled for %v at most", len(ended), longest.Round(time.Millisecond))
	if longest > stormPause {
		t.Errorf("nothing was settled for %v", longest)
	}
}

// awaitBegun waits until the worker has said anything: it hears signals by then.
func (w *worker) awaitBegun() {
	w.t.Helper()
	eventually(w.t, 30*time.Second, "the worker begins", func() error {
		if w.output.String() == "" {
			return errNotYet
		}
		return nil
	})
}

// stormPause is how long nothing may be settled while the group is shared out
// all the time: well below the 30 s after which members that do not come back
// would be given up, with room for a slow machine.
const stormPause = 15 * time.Second

// watchPauses notes for how long the number of outcomes did not rise, until the
// function that it returns is called.
func (e *env) watchPauses() (longest func() time.Duration) {
	stop, done := make(chan struct{}), make(chan struct{})
	var most time.Duration
	go func() {
		defer close(done)
		var known int64
		last := time.Now()
		ticker := time.NewTicker(100 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
			}
			var n int64
			if err := e.pool.QueryRow(e.t.Context(), "SELECT count(*) FROM processed").Scan(&n); err != nil {
				e.t.Error(fmt.Errorf("count outcomes: %w", err))
				return
			}
			most = max(most, time.Since(last))
			if n > known {
				known, last = n, time.Now()
			}
		}
	}()
	return func() time.Duration {
		close(stop)
		<-done
		return most
	}
}
