package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"deductor/ledger"
)

// The plans that read accounts in two orders: by name, and as they lie in the
// table, which here is the other way round.
const (
	byName     = "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off"
	byPosition = "SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off"
)

// locker locks the accounts of these payments, by whatever statement.
type locker func(ctx context.Context, tx pgx.Tx, payments []ledger.Payment) error

func TestLocksAreTakenInOneOrder(t *testing.T) {
	t.Parallel()
	err := lockInOppositePlans(t, func(ctx context.Context, tx pgx.Tx, payments []ledger.Payment) error {
		_, err := ledger.Lock(ctx, tx, payments...)
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// What the test above can see: without its ORDER BY the same statement locks in
// the order of its plan, and two plans wait for each other in a circle.
func TestLocksWithoutAnOrderDeadlock(t *testing.T) {
	t.Parallel()
	sorted, err := os.ReadFile("queries/lock_customers.sql")
	if err != nil {
		t.Fatal(err)
	}
	unsorted := strings.Replace(string(sorted), "ORDER BY a.id", "", 1)
	if unsorted == string(sorted) {
		t.Fatal("the statement has no ORDER BY")
	}
	err = lockInOppositePlans(t, func(ctx context.Context, tx pgx.Tx, payments []ledger.Payment) error {
		var names []string
		for _, payment := range payments {
			names = append(names, payment.Account)
		}
		_, err := tx.Exec(ctx, unsorted, names)
		return err
	})
	wantRefused(t, err, "40P01", "")
}

// lockInOppositePlans lets two transactions lock the same accounts while a
// third holds the one in the middle, waits until both are stopped by a lock,
// and lets them go.
func lockInOppositePlans(t *testing.T, lock locker) error {
	const accounts = 9
	var customers []ledger.NewAccount
	var payments []ledger.Payment
	for i := range accounts {
		name := fmt.Sprintf("customer %d", accounts-i)
		customers = append(customers, customer(name, 10))
		payments = append(payments, pay(name, 1))
	}
	db := bank(t, customers...)
	middle, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = middle.Rollback(context.Background()) })
	if _, err := middle.Exec(t.Context(), "SELECT FROM account WHERE name = $1 FOR UPDATE",
		customers[accounts/2].Name); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 2)
	for _, plan := range []string{byName, byPosition} {
		payments := slices.Clone(payments)
		slices.Reverse(payments)
		go func() {
			ended <- pgx.BeginFunc(context.Background(), db, func(tx pgx.Tx) error {
				if _, err := tx.Exec(context.Background(), plan+"; SET LOCAL deadlock_timeout = '10ms'"); err != nil {
					return err
				}
				return lock(context.Background(), tx, payments)
			})
		}()
	}
	awaitWaiting(t, db, 2)
	if err := middle.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	return errors.Join(<-ended, <-ended)
}

// Whole payments in opposite directions between the same customers.
func TestOverlappingPaymentsNeverDeadlock(t *testing.T) {
	t.Parallel()
	const rounds, accounts = 100, 20
	var customers []ledger.NewAccount
	var there, back []ledger.Payment
	for i := range accounts {
		name, next := fmt.Sprintf("customer %d", i), fmt.Sprintf("customer %d", (i+1)%accounts)
		customers = append(customers, customer(name, 3*rounds))
		there = append(there, payTo(name, next, 1), pay(name, 1))
		back = append(back, pay(name, 1), payTo(next, name, 1))
	}
	slices.Reverse(back)
	db := bank(t, customers...)
	postAtOnce(t, db, rounds, there, back)
	wantBalances(t, db, map[string]int64{"customer 0": rounds, usd: 2 * rounds * accounts})
	wantSound(t, db)
}

// Customers that have nothing in common pay to the same settlement accounts, on
// the same stripe: the stripes' rows are all that they can wait for.
func TestSharedStripesNeverDeadlock(t *testing.T) {
	t.Parallel()
	const rounds, settlements = 100, 20
	accounts := []ledger.NewAccount{customer("alice", rounds*settlements), customer("bob", rounds*settlements)}
	var alice, bob []ledger.Payment
	for i := range settlements {
		name := fmt.Sprintf("settlement:%d", i)
		accounts = append(accounts, ledger.NewAccount{Name: name, Currency: "USD", Kind: ledger.Settlement})
		alice, bob = append(alice, payTo("alice", name, 1)), append(bob, payTo("bob", name, 1))
	}
	slices.Reverse(bob)
	db := bank(t, accounts...)
	postAtOnce(t, db, rounds, alice, bob)
	wantBalances(t, db, map[string]int64{"alice": 0, "bob": 0, "settlement:0": 2 * rounds})
	wantSound(t, db)
}

// What the test above sees only when two transactions run at the same moment:
// stripes are credited in the order of their accounts, whatever the order in which these
// were read: here, that of their names.
func TestStripesAreCreditedInOneOrder(t *testing.T) {
	t.Parallel()
	const settlements = 20
	accounts := []ledger.NewAccount{customer("alice", settlements)}
	var payments []ledger.Payment
	for i := range settlements {
		name := fmt.Sprintf("settlement:%d", i)
		accounts = append(accounts, ledger.NewAccount{Name: name, Currency: "USD", Kind: ledger.Settlement})
		payments = append(payments, payTo("alice", name, 1))
	}
	db := bank(t, accounts...)
	if _, err := db.Exec(t.Context(), "CLUSTER account USING account_name_key"); err != nil {
		t.Fatal(err)
	}
	commit(t, db, func(tx pgx.Tx) error {
		book, err := ledger.Lock(t.Context(), tx, payments...)
		if err != nil {
			return err
		}
		for _, payment := range slices.Backward(payments) {
			if _, err := book.Transfer(payment); err != nil {
				return err
			}
		}
		batch := &pgx.Batch{}
		book.QueuePost(batch)
		credits := batch.QueuedQueries[batch.Len()-1]
		ids, ok := credits.Arguments[0].([]int64)
		if !ok || len(ids) != settlements || !slices.IsSorted(ids) {
			t.Errorf("%s\nis sent with accounts %v, want all of them sorted", credits.SQL, ids)
		}
		return nil
	})
}

// postAtOnce posts both lists again and again, side by side.
func postAtOnce(t *testing.T, db *pgxpool.Pool, rounds int, lists ...[]ledger.Payment) {
	t.Helper()
	ended := make(chan error, len(lists))
	for _, payments := range lists {
		go func() {
			for range rounds {
				if err := post(context.Background(), db, payments...); err != nil {
					ended <- err
					return
				}
			}
			ended <- nil
		}()
	}
	for range lists {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}
