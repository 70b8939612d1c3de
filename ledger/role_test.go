package ledger_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"deductor/internal/pgtest"
	"deductor/ledger"
)

// asWorker is a pool of the worker's role, on a bank that its owner made.
func asWorker(t *testing.T, accounts ...ledger.NewAccount) *pgxpool.Pool {
	t.Helper()
	db := pgtest.New(t)
	create(t, db.Pool, accounts...)
	worker, err := pgxpool.New(t.Context(), db.WorkerURL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(worker.Close)
	return worker
}

func TestWorkerRolePostsAndReads(t *testing.T) {
	t.Parallel()
	db := asWorker(t, customer("alice", 10), customer("bob", 0))
	for range 2 { // a stripe's first credit, and a further one
		if err := post(t.Context(), db, payTo("alice", "bob", 2), pay("alice", 3)); err != nil {
			t.Fatal(err)
		}
	}
	wantBalances(t, db, map[string]int64{"alice": 0, "bob": 4, usd: 6})
	found, err := ledger.Get(t.Context(), db, "alice")
	if err != nil {
		t.Fatal(err)
	}
	alice := found["alice"].ID
	if transfers, err := ledger.GetTransfers(t.Context(), db, ledger.TransferKey{DebitAccount: alice, ID: 1}); err != nil {
		t.Error(err)
	} else if len(transfers) != 1 {
		t.Errorf("%d transfers, want 1", len(transfers))
	}
	wantSound(t, db)
}

// What would change the past, or make money, is not for the worker.
func TestWorkerRoleCannotChangeThePast(t *testing.T) {
	t.Parallel()
	db := asWorker(t, customer("alice", 10))
	if err := post(t.Context(), db, pay("alice", 3)); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"DELETE FROM transfer",
		"UPDATE transfer SET amount = 1",
		"UPDATE transfer SET reference = 'other'",
		"TRUNCATE transfer",
		"DELETE FROM account",
		"UPDATE account SET overdraft_limit = 100",
		"UPDATE account SET opening_balance = 100",
		"UPDATE account SET closed_at = NULL",
		"INSERT INTO account (name, currency, kind, opening_balance, balance) VALUES ('x', 'USD', 'customer', 9, 9)",
		"DELETE FROM settlement_stripe",
		"UPDATE settlement_stripe SET stripe = 7",
		"SELECT setval('transfer_id_block', 1)",
		"ALTER TABLE account DROP CONSTRAINT account_within_overdraft",
	} {
		_, err := db.Exec(t.Context(), sql)
		t.Log(sql)
		wantRefused(t, err, "42501", "") // insufficient_privilege
	}
	wantSound(t, db)
}
