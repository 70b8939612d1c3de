package integration

import (
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// executioner kills a worker at the n-th COMMIT that it sees once it is armed.
type executioner struct {
	victim *worker
	left   atomic.Int64 // commits until then; below 0 when it is not armed, or has killed
}

func (x *executioner) arm(victim *worker, n int64) {
	x.victim = victim
	x.left.Store(n)
}

// mayPass is asked at each COMMIT. The one at which the worker dies goes no
// further.
func (x *executioner) mayPass() bool {
	if x.left.Add(-1) != 0 {
		return true
	}
	x.victim.kill()
	return false
}

// replayState is what replay progress says: what was planned, and what came of it.
type replayState struct {
	State                        string
	Offsets, Done, Records       int64
	AlreadyAnswered              int64 `json:"already_answered"`
	AlreadySetAside              int64 `json:"already_set_aside"`
	Applied, Declined, Conflicts int64
	OtherLetters                 int64 `json:"other_dead_letters"`
	Planned                      replayPlan
}

type replayPlan struct {
	WouldRead       int64 `json:"would_read"`
	AlreadyApplied  int64 `json:"already_applied"`
	AlreadyDeclined int64 `json:"already_declined"`
	AlreadySetAside int64 `json:"already_set_aside"`
	WouldApply      int64 `json:"would_apply"`
}

func (e *env) replayProgress() replayState {
	e.t.Helper()
	var state replayState
	e.read(&state, "replay", "progress")
	return state
}

// replayAll has the whole topic read again while workers run.
func (e *env) replayAll() {
	e.t.Helper()
	plan := filepath.Join(e.t.TempDir(), "plan.json")
	e.run("replay", "plan", "--to-earliest", "--save", plan)
	e.run("replay", "apply", "--plan", plan, "--reason", "orders are missing", "--execute")
}

// loseOrders takes every third order back, as a database that lost them would,
// and returns how many. The watermark stays: only a replay brings them back.
func (e *env) loseOrders() int64 {
	e.t.Helper()
	return e.count(`
		WITH lost AS (SELECT reference FROM transfer WHERE id % 3 = 0),
		gone AS (DELETE FROM transfer WHERE reference IN (SELECT * FROM lost) RETURNING *),
		forgotten AS (DELETE FROM processed WHERE order_id IN (SELECT * FROM lost)),
		debited AS (UPDATE account a SET balance = balance + g.sum
		              FROM (SELECT debit_account, sum(amount) FROM gone GROUP BY 1) g
		             WHERE a.id = g.debit_account),
		credited AS (UPDATE settlement_stripe s SET balance = balance - g.sum
		               FROM (SELECT credit_account, credit_stripe, sum(amount) FROM gone GROUP BY 1, 2) g
		              WHERE s.account_id = g.credit_account AND s.stripe = g.credit_stripe)
		SELECT count(*) FROM gone`)
}

// TestPromise1_SIGKILLInTheMiddleOfAReplay kills the worker at a COMMIT of the
// replay. The next worker ends it: each record counts once, whether or not what
// the dead one had in hand was committed, and each order is paid once.
func TestPromise1_SIGKILLInTheMiddleOfAReplay(t *testing.T) {
	t.Parallel()
	always := func() bool { return true }
	for name, killing := range map[string]func(*executioner) *commitTap{
		"before COMMIT arrives": func(x *executioner) *commitTap {
			return &commitTap{mayCommit: x.mayPass, mayBeHeard: always}
		},
		"before COMMIT is answered": func(x *executioner) *commitTap {
			return &commitTap{mayCommit: always, mayBeHeard: x.mayPass}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const records, batch = 600, 5
			e := newEnv(t, 2)
			rng := random(t)
			e.openAccounts(customers(20, 1_000_000)...)
			e.openAccounts(customer("poor", 100, 0))
			e.send(orders(rng, "order", records, 20)...)
			var x executioner
			e.behindProxy().watch(func() tap { return killing(&x).tap() })
			w := e.startWorker("--batch-max", fmt.Sprint(batch))
			e.awaitDone()
			e.send(pay("too-much", "poor", 500), pay("order-0", "poor", 1)) // declined, and a conflict
			e.awaitDone()
			lost := e.loseOrders()

			x.arm(w, 10+rng.Int64N(records/batch/2)) // a few of them are those that take the partitions over
			e.replayAll()
			if code := w.exitCode(30 * time.Second); code != -1 {
				t.Fatalf("the worker ended with exit %d, should be killed", code)
			}
			half := e.replayProgress()
			if half.State != "running" || half.Done == 0 || half.Done == half.Offsets {
				t.Fatalf("the worker was not killed in the middle of the replay: %+v", half)
			}
			t.Logf("killed after %d of %d offsets", half.Done, half.Offsets)
			e.startWorker()
			e.expectReplayed(lost)
			e.check()
		})
	}
}

// expectReplayed waits for the end of the replay, and compares what it came to
// with its plan.
func (e *env) expectReplayed(lost int64) {
	e.t.Helper()
	var s replayState
	eventually(e.t, 30*time.Second, "the replay ends", func() error {
		if s = e.replayProgress(); s.State != "finished" {
			return fmt.Errorf("it is %+v", s)
		}
		return nil
	})
	e.awaitDone()
	p := s.Planned
	if p.WouldApply != lost || p.AlreadyDeclined != 1 || p.AlreadySetAside != 1 {
		e.t.Errorf("the plan is %+v, should be to pay the %d orders that were lost", p, lost)
	}
	want := replayState{State: "finished", Offsets: s.Offsets, Done: s.Offsets, Records: p.WouldRead, Planned: p,
		AlreadyAnswered: p.AlreadyApplied + p.AlreadyDeclined, AlreadySetAside: p.AlreadySetAside, Applied: p.WouldApply}
	if s != want {
		e.t.Errorf("the replay came to %+v, should be %+v", s, want)
	}
}
