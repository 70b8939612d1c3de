package integration

import (
	"slices"
	"testing"
)

func TestPromise4_ConflictIsKeptNotApplied(t *testing.T) {
	t.Parallel()
	e := newEnv(t, 2)
	euro := account{name: "euro", currency: "EUR", kind: "customer", opening: 10_000}
	e.openAccounts(settlement("USD"), settlement("EUR"), euro,
		customer("alice", 10_000, 0), customer("bob", 10_000, 0), customer("shop", 0, 0))
	variants := func(order string) []command {
		return []command{
			pay(order, "alice", 100),
			pay(order, "alice", 101),
			pay(order, "bob", 100),
			{order, 1, payment{"alice", "shop", "USD", 100}},
			{order, 1, payment{"euro", "settlement:EUR", "EUR", 100}},
		}
	}
	// In one batch of one partition, before any worker runs: the first is applied.
	e.sendTo(0, variants("together")...)
	// At the same time on both partitions: whichever comes first is applied.
	for _, order := range []string{"race-1", "race-2", "race-3"} {
		e.sendTo(0, variants(order)...)
		backwards := variants(order)
		slices.Reverse(backwards)
		e.sendTo(1, backwards...)
	}
	e.startWorker()
	e.startWorker()
	e.awaitDone()
	// Long after.
	e.sendTo(0, pay("late", "alice", 100))
	e.awaitDone()
	e.sendTo(1, variants("late")...)
	e.awaitDone()
	e.check()

	if first := e.readBooks().answers["together"]; first.payment != variants("")[0].payment {
		t.Errorf("applied was %+v, not the first", first)
	}
	var difference string
	e.rows(`SELECT difference ->> 'amount_minor' FROM dead_letter
	         WHERE order_id = 'late' AND difference ? 'amount_minor'`, []any{&difference}, func() {})
	if difference != `{"stored": "100", "received": "101"}` {
		t.Errorf("the conflict over the amount is kept as %q", difference)
	}
	for _, variant := range variants("late")[1:] {
		value := variant.value()
		if n := e.count("SELECT count(*) FROM dead_letter WHERE order_id = 'late' AND record_value = $1", value); n != 1 {
			t.Errorf("%d dead letters keep %s", n, value)
		}
	}
}
