package integration

import (
	"fmt"
	"testing"
)

func TestPromise5_BooksBalance(t *testing.T) {
	t.Parallel()
	e := newEnv(t, 7)
	rng := random(t)
	const hot = 5
	accounts := []account{settlement("USD"), {name: "euro", currency: "EUR", kind: "customer", opening: 1_000}}
	for i := range hot {
		accounts = append(accounts, customer(fmt.Sprintf("customer-%d", i), 20_000, int64(i)*1_000))
	}
	e.openAccounts(accounts...)
	for range 4 {
		e.startWorker()
	}
	// Far more than the accounts can pay; some of it to each other, so that
	// transactions meet on both sides, and some that never can be paid.
	commands := orders(rng, "order", 6_000, hot)
	for i := range commands {
		switch i % 10 {
		case 0, 1, 2:
			to := fmt.Sprintf("customer-%d", rng.IntN(hot))
			if to != commands[i].account {
				commands[i].credit = to
			}
		case 3:
			commands[i].account = "euro"
		}
	}
	e.send(commands...)
	e.send(commands...) // and again, each to another partition
	e.awaitDone()
	e.check()
	if n := e.count("SELECT count(*) FROM processed WHERE reason = 'insufficient_funds'"); n == 0 {
		t.Error("no order was declined: the accounts had too much")
	}
}
