package ledger_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"deductor/ledger"
)

// beginOn posts a payment on a stripe and leaves the transaction open. It fails
// rather than wait for another's lock for longer than the timeout.
func beginOn(t *testing.T, db *pgxpool.Pool, stripe int16, timeout string, payment ledger.Payment) (pgx.Tx, error) {
	t.Helper()
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	if _, err := tx.Exec(t.Context(), "SELECT set_config('lock_timeout', $1, true)", timeout); err != nil {
		t.Fatal(err)
	}
	book := ledger.NewBook(&ledger.IDs{}, stripe)
	batch := &pgx.Batch{}
	if err := book.QueueLock(batch, []ledger.Payment{payment}); err != nil {
		t.Fatal(err)
	}
	if err := tx.SendBatch(t.Context(), batch).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := book.Transfer(payment); err != nil {
		t.Fatal(err)
	}
	return tx, book.Post(t.Context(), tx)
}

func TestStripesDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", 100), customer("bob", 100), customer("carol", 100))
	first, err := beginOn(t, db, 0, "0", pay("alice", 10))
	if err != nil {
		t.Fatal(err)
	}
	second, err := beginOn(t, db, 1, "10s", pay("bob", 20))
	if err != nil {
		t.Fatalf("the other stripe: %v", err)
	}
	if err := second.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	third, err := beginOn(t, db, 0, "50ms", pay("carol", 40))
	wantRefused(t, err, "55P03", "") // lock_not_available: the same stripe does wait
	if err := third.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantBalances(t, db, map[string]int64{usd: 20})
	if err := first.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again, err := beginOn(t, db, 1, "10s", pay("carol", 40)); err != nil {
		t.Error(err)
	} else if err := again.Commit(t.Context()); err != nil {
		t.Error(err)
	}
	wantBalances(t, db, map[string]int64{usd: 70, "alice": 90, "bob": 80, "carol": 60})
	if n := number(t, db, "SELECT balance FROM settlement_stripe WHERE stripe = 1"); n != 60 {
		t.Errorf("stripe 1 holds %d, want 60", n)
	}
	wantSound(t, db)
}

// The row of a settlement account itself is nobody's to wait for.
func TestSettlementAccountsAreNotLocked(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", 100))
	commit(t, db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "SELECT FROM account WHERE name = $1 FOR NO KEY UPDATE", usd); err != nil {
			return err
		}
		open, err := beginOn(t, db, 0, "10s", pay("alice", 1))
		if err != nil {
			t.Errorf("the payment waits for the settlement account's row: %v", err)
		}
		return open.Commit(t.Context())
	})
}
