package integration

import (
	"reflect"
	"testing"
)

// topUp moves money to an account, from one that has enough.
func topUp(order, account string, minor int64) command {
	c := pay(order, "bank", minor)
	c.credit = account
	return c
}

func TestPromise3_ReplayByResettingOffsets(t *testing.T) {
	t.Parallel()
	e := newEnv(t, 3)
	e.openAccounts(customers(20, 1_000_000)...)
	e.openAccounts(customer("bank", 1_000_000, 0), customer("poor", 100, 0))
	w := e.startWorker()
	e.send(orders(random(t), "order", 3_000, 20)...)
	e.sendTo(0, pay("too-much", "poor", 500), pay("nobody", "no-such-account", 1), topUp("top-up", "poor", 10_000))
	e.awaitDone()
	w.stop()
	before := e.readBooks()
	for order, reason := range map[string]string{"too-much": "insufficient_funds", "nobody": "account_not_found"} {
		if before.answers[order].reason != reason {
			t.Fatalf("order %s should be declined for %s: %+v", order, reason, before.answers[order])
		}
	}

	e.groupTool("--topic", e.topic, "--reset-offsets", "--to-earliest", "--execute")
	if committed, err := e.committed(t.Context()); err != nil || committed[0] != 0 {
		t.Fatalf("offsets are not reset: %v, %v", committed, err)
	}
	w = e.startWorker()
	e.awaitDone()
	for partition := range e.partitions {
		w.expectBegun(partition, 0)
	}
	if after := e.readBooks(); !reflect.DeepEqual(after, before) {
		t.Error("the replay changed the books")
	}
	e.check()
}

func TestPromise3_AttemptAfterDecline(t *testing.T) {
	t.Parallel()
	e := newEnv(t, 1)
	e.openAccounts(settlement("USD"), customer("bank", 1_000_000, 0), customer("alice", 100, 0))
	e.startWorker()
	attempt := func(n int32) command {
		c := pay("rent", "alice", 500)
		c.attempt = n
		return c
	}
	type shown struct {
		Outcome, Reason, Account, Amount string
		AmountMinor                      string `json:"amount_minor"`
		Attempt                          int
	}
	expect := func(expected shown, after ...command) {
		t.Helper()
		e.sendTo(0, after...)
		e.awaitDone()
		var actual shown
		e.read(&actual, "order", "show", "rent")
		if actual != expected {
			t.Errorf("order show says %+v, should be %+v", actual, expected)
		}
	}
	refused := shown{"declined", "insufficient_funds", "alice", "5.00", "500", 1}
	expect(refused, attempt(1))
	expect(refused, topUp("top-up", "alice", 10_000), attempt(1)) // the same answer, though it could be paid now
	paid := shown{"applied", "", "alice", "5.00", "500", 2}
	expect(paid, attempt(2))
	expect(paid, attempt(1), attempt(2), attempt(3))
	e.check()
	if n := e.count("SELECT count(*) FROM declined_attempt WHERE order_id = 'rent' AND attempt = 1"); n != 1 {
		t.Errorf("%d rows keep the declined attempt", n)
	}
	if n := e.count("SELECT count(*) FROM dead_letter"); n != 0 {
		t.Errorf("%d dead letters, should be none", n)
	}
}
