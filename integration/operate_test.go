package integration

import (
	"errors"
	"fmt"
	"syscall"
	"testing"
	"time"
)

func TestLagIsZeroInKafkasOwnTool(t *testing.T) {
	t.Parallel()
	e := newEnv(t, 3)
	e.openAccounts(customers(10, 1_000_000)...)
	e.startWorker()
	e.sendTo(0, numbered("plain", 20)...)
	transactions := e.transactions("producer")
	transactions.commit(1, numbered("committed", 3)...)
	transactions.abort(2, numbered("aborted", 3)...)
	e.awaitDone()
	for partition, lag := range e.describedLag() {
		if lag != "0" {
			t.Errorf("partition %d has lag %s", partition, lag)
		}
	}
	for _, p := range e.partitionStates() {
		if p.Lag == nil || *p.Lag != 0 || p.Watermark == nil || *p.Watermark != p.LogEnd {
			t.Errorf("partition list says %+v", p)
		}
	}
	e.check()
}

func TestSIGTERMDrainsCommitsAndLeaves(t *testing.T) {
	t.Parallel()
	e := newEnv(t, 2)
	e.openAccounts(customers(100, 1_000_000)...)
	e.startWorker().awaitReady()
	w := e.startWorker()
	w.awaitReady()
	wait := e.load(orders(random(t), "order", 10_000, 100))
	e.awaitSent(3_000)
	began := time.Now()
	w.signal(syscall.SIGTERM)
	if code := w.exitCode(5 * time.Second); code != 0 {
		t.Errorf("exit %d after SIGTERM", code)
	}
	t.Logf("ended %v after SIGTERM", time.Since(began).Round(time.Millisecond))
	if members := e.describeGroup().Members; len(members) != 1 {
		t.Errorf("the group has %d members after one of two left", len(members))
	}
	wait()
	e.awaitDone()
	e.check()
}

// TestSIGTERMWhileTheGroupWaits stops a worker that asks to join while the
// group still waits for a member that died.
func TestSIGTERMWhileTheGroupWaits(t *testing.T) {
	t.Parallel()
	e := newEnv(t, 2)
	dead := e.startWorker("--session-timeout", "60s")
	dead.awaitReady()
	dead.kill()
	w := e.startWorker("--session-timeout", "60s")
	eventually(t, adminTimeout, "the group waits for the dead member", func() error {
		if state := e.describeGroup().GroupState; state != "PreparingRebalance" {
			return errors.New("it is " + state)
		}
		return nil
	})
	w.stop()
}

func TestPartitionsAddedWhileRunning(t *testing.T) {
	t.Parallel()
	e := newEnv(t, 1)
	e.openAccounts(customers(10, 1_000_000)...)
	w := e.startWorker()
	e.send(numbered("before", 10)...)
	e.awaitDone()
	e.addPartitions(4)
	e.send(numbered("after", 40)...) // what is there before the worker looks is read, too
	e.awaitDone()
	e.check()
	w.awaitReady()
}

func TestBatchesOfOne(t *testing.T) {
	t.Parallel()
	e := newEnv(t, 2)
	e.openAccounts(customers(10, 1_000_000)...)
	w := e.startWorker("--batch-max", "1")
	e.send(orders(random(t), "order", 400, 10)...)
	e.send(pay("order-0", "customer-0", 12_345)) // a conflict in a batch of its own
	eventually(t, time.Minute, "some orders are decided", func() error {
		if n := e.count("SELECT count(*) FROM processed"); n < 100 {
			return fmt.Errorf("%d are", n)
		}
		return nil
	})
	w.kill()
	e.startWorker("--batch-max", "1")
	e.awaitDone()
	e.check()
}
