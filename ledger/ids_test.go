package ledger_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"deductor/ledger"
)

// postWith posts n payments of one minor unit with ids from ids.
func postWith(t *testing.T, db *pgxpool.Pool, ids *ledger.IDs, n int, end func(pgx.Tx) error) []ledger.Transfer {
	t.Helper()
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	payments := make([]ledger.Payment, n)
	for i := range payments {
		payments[i] = pay("alice", 1)
	}
	book := ledger.NewBook(ids, 0)
	lock := &pgx.Batch{}
	if err := book.QueueLock(lock, payments); err != nil {
		t.Fatal(err)
	}
	if err := tx.SendBatch(t.Context(), lock).Close(); err != nil {
		t.Fatal(err)
	}
	transfers := make([]ledger.Transfer, n)
	for i := range payments {
		if transfers[i], err = book.Transfer(payments[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := book.Post(t.Context(), tx); err != nil {
		t.Fatal(err)
	}
	if err := end(tx); err != nil {
		t.Fatal(err)
	}
	return transfers
}

func TestTransferIDsNeverRepeat(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", 4*ledger.BlockSize))
	commitTx := func(tx pgx.Tx) error { return tx.Commit(t.Context()) }
	rollback := func(tx pgx.Tx) error { return tx.Rollback(t.Context()) }
	var one, other ledger.IDs
	seen := make(map[int64]bool)
	note := func(transfers []ledger.Transfer) {
		for _, transfer := range transfers {
			if transfer.ID <= 0 || seen[transfer.ID] {
				t.Errorf("transfer id %d is not positive or not new", transfer.ID)
			}
			seen[transfer.ID] = true
		}
	}
	note(postWith(t, db, &one, 1, commitTx))
	note(postWith(t, db, &other, ledger.BlockSize, commitTx))
	note(postWith(t, db, &one, 2, rollback))
	note(postWith(t, db, &one, ledger.BlockSize, commitTx)) // more than is left
	note(postWith(t, db, &other, 1, commitTx))
	if n := number(t, db, "SELECT last_value FROM transfer_id_block"); n != 3*ledger.BlockSize+1 {
		t.Errorf("the sequence stands at %d: four blocks were needed", n)
	}
	wantSound(t, db)
}

func TestBlockSizeIsTheMostPaymentsOfABook(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", 2*ledger.BlockSize))
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, err := ledger.Lock(t.Context(), tx, make([]ledger.Payment, ledger.BlockSize+1)...); err == nil {
		t.Error("Lock takes more payments than it has ids for")
	}
	book, err := ledger.Lock(t.Context(), tx, pay("alice", 1))
	if err != nil {
		t.Fatal(err)
	}
	for i := range ledger.BlockSize {
		if _, err := book.Transfer(pay("alice", 1)); err != nil {
			t.Fatalf("transfer %d: %v", i, err)
		}
	}
	if _, err := book.Transfer(pay("alice", 1)); err == nil {
		t.Error("Transfer takes an id of the next block, which is another's")
	}
}

func TestGetTransfers(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", 10), customer("bob", 0))
	accounts, err := ledger.Get(t.Context(), db, "alice", "bob", usd)
	if err != nil {
		t.Fatal(err)
	}
	alice, bob, settlement := accounts["alice"].ID, accounts["bob"].ID, accounts[usd].ID
	if err := post(t.Context(), db, pay("alice", 3), payTo("alice", "bob", 4)); err != nil {
		t.Fatal(err)
	}
	first, second := ledger.TransferKey{DebitAccount: alice, ID: 1}, ledger.TransferKey{DebitAccount: alice, ID: 2}
	notBobs := ledger.TransferKey{DebitAccount: bob, ID: 1}
	if found, err := ledger.GetTransfers(t.Context(), db, notBobs); err != nil || len(found) != 0 {
		t.Errorf("found %+v, %v, for an id under another account", found, err)
	}
	found, err := ledger.GetTransfers(t.Context(), db, first, second, notBobs)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 2 {
		t.Fatalf("found %d transfers, want 2: %+v", len(found), found)
	}
	stripe := int16(0)
	wantTransfer(t, found[first], ledger.Transfer{ID: 1, DebitAccount: alice, CreditAccount: settlement, Amount: 3,
		CreditStripe: &stripe, Reference: "alice pays " + usd})
	wantTransfer(t, found[second], ledger.Transfer{ID: 2, DebitAccount: alice, CreditAccount: bob, Amount: 4,
		Reference: "alice pays bob"})
}

// wantTransfer compares all but the time, which is only to be there.
func wantTransfer(t *testing.T, got, want ledger.Transfer) {
	t.Helper()
	if got.PostedAt.IsZero() {
		t.Errorf("transfer %d has no time", got.ID)
	}
	got.PostedAt = want.PostedAt
	if !reflect.DeepEqual(got, want) {
		t.Errorf("transfer %+v, want %+v", got, want)
	}
}
