package ledger_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"deductor/ledger"
)

// An UPDATE … FROM that met the account 1,000 times would debit it once.
func TestPostAggregates(t *testing.T) {
	t.Parallel()
	const times = 1000
	db := bank(t, customer("alice", times), customer("bob", 0))
	var payments []ledger.Payment
	for range times {
		payments = append(payments, payTo("alice", "bob", 1), pay("bob", 1))
	}
	if err := post(t.Context(), db, payments...); err != nil {
		t.Fatal(err)
	}
	wantBalances(t, db, map[string]int64{"alice": 0, "bob": 0, usd: times})
	if n := number(t, db, "SELECT count(*) FROM transfer"); n != 2*times {
		t.Errorf("%d transfers, want %d", n, 2*times)
	}
	wantSound(t, db)
}

// Copied or inserted, the transfers are the same.
func TestCopyTransfers(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", 100), customer("bob", 0))
	payments := []ledger.Payment{pay("alice", 3), payTo("alice", "bob", 4), pay("bob", 1)}
	const kept = `SELECT string_agg(concat_ws(' ', debit_account, credit_account, amount, credit_stripe, reference), ', '
	                                ORDER BY id) FROM transfer`
	var inserted, copied string
	if err := post(t.Context(), db, payments...); err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRow(t.Context(), kept).Scan(&inserted); err != nil {
		t.Fatal(err)
	}
	commit(t, db, func(tx pgx.Tx) error {
		book, err := ledger.Lock(t.Context(), tx, payments...)
		if err != nil {
			return err
		}
		for _, payment := range payments {
			if _, err := book.Transfer(payment); err != nil {
				return err
			}
		}
		if err := book.CopyTransfers(t.Context(), tx.Conn()); err != nil {
			return err
		}
		return book.Post(t.Context(), tx)
	})
	if err := db.QueryRow(t.Context(), kept).Scan(&copied); err != nil {
		t.Fatal(err)
	}
	if copied != inserted+", "+inserted {
		t.Errorf("inserted: %s\nand then copied: %s", inserted, copied)
	}
	wantBalances(t, db, map[string]int64{"alice": 86, "bob": 6, usd: 8})
	wantSound(t, db)
}

func TestPostOfNothing(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", 1))
	if err := post(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	wantBalances(t, db, map[string]int64{"alice": 1})
}

// The COMMIT travels in the same pipeline as the update that misses a row: if
// the update did not fail by itself, the transfer would be kept without it.
func TestPostFailsWhenAnAccountIsMissed(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db := bank(t, customer("alice", 10), customer("bob", 0))
	pooled, err := db.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer pooled.Release()
	conn := pooled.Conn()
	payment := payTo("alice", "bob", 7)
	book := ledger.NewBook(&ledger.IDs{}, 0)
	begin := &pgx.Batch{}
	begin.Queue("BEGIN")
	if err := book.QueueLock(begin, []ledger.Payment{payment}); err != nil {
		t.Fatal(err)
	}
	begin.Queue("DELETE FROM account WHERE name = 'bob'")
	if err := conn.SendBatch(ctx, begin).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := book.Transfer(payment); err != nil {
		t.Fatal(err)
	}
	end := &pgx.Batch{}
	book.QueuePost(end)
	end.Queue("COMMIT")
	wantRefused(t, conn.SendBatch(ctx, end).Close(), "P0004", "")
	if _, err := conn.Exec(ctx, "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	wantBalances(t, db, map[string]int64{"alice": 10, "bob": 0})
	if n := number(t, db, "SELECT count(*) FROM transfer"); n != 0 {
		t.Errorf("%d transfers were committed, want none", n)
	}
}

// Two books of one transaction each know the whole balance; what the second
// spends is gone already.
func TestOverdraftCheckIsTheLastLine(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", 10))
	err := pgx.BeginFunc(t.Context(), db, func(tx pgx.Tx) error {
		var books []*ledger.Book
		for range 2 {
			book, err := ledger.Lock(t.Context(), tx, pay("alice", 10))
			if err != nil {
				return err
			}
			books = append(books, book)
		}
		for _, book := range books {
			if _, err := book.Transfer(pay("alice", 10)); err != nil {
				t.Errorf("the book refuses: %v", err)
			}
			if err := book.Post(t.Context(), tx); err != nil {
				return err
			}
		}
		return nil
	})
	wantRefused(t, err, "P0004", "")
	_, err = db.Exec(t.Context(), "UPDATE account SET balance = -1 WHERE name = 'alice'")
	wantRefused(t, err, "23514", "account_within_overdraft")
	wantBalances(t, db, map[string]int64{"alice": 10, usd: 0})
}

// An account that is below its limit, which the CHECK forbids, has nothing to
// spend; its shortfall is not taken for a large unsigned number.
func TestNothingIsAvailableBelowTheLimit(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", 10))
	commit(t, db, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `
ALTER TABLE account DROP CONSTRAINT account_within_overdraft;
UPDATE account SET balance = -1 WHERE name = 'alice'`)
		return err
	})
	if err := post(t.Context(), db, pay("alice", 1)); !errors.Is(err, ledger.InsufficientFunds) {
		t.Errorf("error %v, want %v", err, ledger.InsufficientFunds)
	}
}

func TestNobodyPaysThemselves(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", 10))
	wantRefused(t, post(t.Context(), db, payTo("alice", "alice", 5)), "23514", "transfer_two_accounts")
	wantBalances(t, db, map[string]int64{"alice": 10})
}

func TestReferenceLength(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", 10))
	for length, ok := range map[int]bool{0: false, 1: true, 128: true, 129: false} {
		payment := pay("alice", 1)
		payment.Reference = strings.Repeat("x", length)
		err := post(t.Context(), db, payment)
		if ok && err != nil {
			t.Errorf("%d bytes: %v", length, err)
		}
		if !ok {
			wantRefused(t, err, "23514", "transfer_reference_length")
		}
	}
}

func TestPostTwice(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", 10))
	err := pgx.BeginFunc(t.Context(), db, func(tx pgx.Tx) error {
		book, err := ledger.Lock(t.Context(), tx, pay("alice", 1))
		if err != nil {
			return err
		}
		if _, err := book.Transfer(pay("alice", 1)); err != nil {
			return err
		}
		return errors.Join(book.Post(t.Context(), tx), book.Post(t.Context(), tx))
	})
	wantRefused(t, err, "23505", "transfer_pkey")
	wantBalances(t, db, map[string]int64{"alice": 10})
}
