package ledger_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"deductor/internal/pgtest"
	"deductor/ledger"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Tests{M: m}) }

const usd = "settlement:USD"

// customer is an account in USD without an overdraft.
func customer(name string, balance int64) ledger.NewAccount {
	return ledger.NewAccount{Name: name, Currency: "USD", Kind: ledger.Customer, Balance: balance}
}

// pay is a payment in USD to the settlement account.
func pay(account string, amount int64) ledger.Payment { return payTo(account, usd, amount) }

func payTo(account, creditAccount string, amount int64) ledger.Payment {
	return ledger.Payment{Account: account, CreditAccount: creditAccount, Currency: "USD", Amount: amount,
		Reference: account + " pays " + creditAccount}
}

// bank is a database of its own with these accounts.
func bank(t *testing.T, accounts ...ledger.NewAccount) *pgxpool.Pool {
	t.Helper()
	db := pgtest.New(t).Pool
	create(t, db, accounts...)
	return db
}

func create(t *testing.T, db *pgxpool.Pool, accounts ...ledger.NewAccount) {
	t.Helper()
	commit(t, db, func(tx pgx.Tx) error {
		_, err := ledger.Create(t.Context(), tx, accounts)
		return err
	})
}

// commit runs do in a transaction that must succeed.
func commit(t *testing.T, db *pgxpool.Pool, do func(tx pgx.Tx) error) {
	t.Helper()
	if err := pgx.BeginFunc(t.Context(), db, do); err != nil {
		t.Fatal(err)
	}
}

// post makes the payments in one transaction; all must be accepted.
func post(ctx context.Context, db *pgxpool.Pool, payments ...ledger.Payment) error {
	return pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		book, err := ledger.Lock(ctx, tx, payments...)
		if err != nil {
			return err
		}
		for _, payment := range payments {
			if _, err := book.Transfer(payment); err != nil {
				return err
			}
		}
		return book.Post(ctx, tx)
	})
}

func wantBalances(t *testing.T, db ledger.Querier, want map[string]int64) {
	t.Helper()
	for name, balance := range want {
		found, err := ledger.Get(t.Context(), db, name)
		if err != nil {
			t.Fatal(err)
		}
		if account, ok := found[name]; !ok || account.Balance != balance {
			t.Errorf("%s holds %d, want %d (exists: %t)", name, account.Balance, balance, ok)
		}
	}
}

func wantSound(t *testing.T, db *pgxpool.Pool) {
	t.Helper()
	commit(t, db, func(tx pgx.Tx) error {
		checks, err := ledger.Audit(t.Context(), tx, 10)
		for _, check := range checks {
			for _, finding := range check.Findings {
				t.Errorf("audit: %s: %s: %s", check.Name, finding.Subject, finding.Detail)
			}
		}
		return err
	})
}

// number runs a query for one number.
func number(t *testing.T, db *pgxpool.Pool, sql string, args ...any) (n int64) {
	t.Helper()
	if err := db.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// wantRefused checks for an error of Postgres by its SQLSTATE and constraint.
func wantRefused(t *testing.T, err error, code, constraint string) {
	t.Helper()
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != code || refused.ConstraintName != constraint {
		t.Errorf("error: %v; want SQLSTATE %s of constraint %q", err, code, constraint)
	}
}
