package ledger_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"deductor/ledger"
)

// awaitWaiting returns when so many sessions of the database wait for a lock.
func awaitWaiting(t *testing.T, db *pgxpool.Pool, sessions int64) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for number(t, db, `SELECT count(*) FROM pg_stat_activity, pg_sleep(0.001)
                        WHERE datname = current_database() AND wait_event_type = 'Lock'`) < sessions {
		if time.Now().After(deadline) {
			t.Fatalf("%d sessions were to wait for a lock", sessions)
		}
	}
}

// The balance that Lock gives is the one that the transaction it waited for has
// left, not the one of the moment it began to wait.
func TestLockReadsWhatItWaitedFor(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", 10))
	first, err := beginOn(t, db, 0, "0", pay("alice", 10))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- post(context.Background(), db, pay("alice", 10)) }()
	awaitWaiting(t, db, 1)
	if err := first.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, ledger.InsufficientFunds) {
		t.Errorf("the second payment: %v, want %v", err, ledger.InsufficientFunds)
	}
	wantBalances(t, db, map[string]int64{"alice": 0, usd: 10})
}

// Lock waits for a Close in progress, and payments after it are declined.
func TestLockWaitsForClose(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", 10))
	ended := make(chan error, 1)
	commit(t, db, func(tx pgx.Tx) error {
		if err := ledger.Close(t.Context(), tx, "alice"); err != nil {
			return err
		}
		go func() { ended <- post(context.Background(), db, pay("alice", 10)) }()
		awaitWaiting(t, db, 1)
		return nil
	})
	if err := <-ended; !errors.Is(err, ledger.AccountClosed) {
		t.Errorf("the payment: %v, want %v", err, ledger.AccountClosed)
	}
}

func TestLockReturnsTheDatabasesError(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", 10))
	err := pgx.BeginFunc(t.Context(), db, func(tx pgx.Tx) error {
		_, err := ledger.Lock(t.Context(), tx, pay("bad \xff name", 1))
		return err
	})
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "22021" { // character_not_in_repertoire
		t.Errorf("error %v, want SQLSTATE 22021", err)
	}
}
