package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"pgregory.net/rapid"

	"deductor/internal/pgtest"
	"deductor/ledger"
)

// books is the plainest ledger: accounts in a map, one payment after the other.
type books struct {
	accounts  map[string]*ledger.NewAccount
	closed    map[string]bool
	transfers int64
}

func (b *books) decide(p ledger.Payment) error {
	debit, credit := b.accounts[p.Account], b.accounts[p.CreditAccount]
	switch {
	case debit == nil || credit == nil || debit.Kind == ledger.Settlement:
		return ledger.AccountNotFound
	case b.closed[p.Account] || b.closed[p.CreditAccount]:
		return ledger.AccountClosed
	case debit.Currency != p.Currency || credit.Currency != p.Currency:
		return ledger.CurrencyMismatch
	case debit.Balance-p.Amount < -debit.OverdraftLimit:
		return ledger.InsufficientFunds
	}
	debit.Balance -= p.Amount
	credit.Balance += p.Amount
	b.transfers++
	return nil
}

func (b *books) clone() *books {
	c := &books{accounts: make(map[string]*ledger.NewAccount), closed: b.closed, transfers: b.transfers}
	for name, account := range b.accounts {
		copied := *account
		c.accounts[name] = &copied
	}
	return c
}

var currencies = rapid.SampledFrom([]string{"USD", "EUR"})

// opening draws up to five customers; their currencies' settlement accounts
// come with them.
func opening(rt *rapid.T) (*books, []ledger.NewAccount) {
	b := &books{accounts: make(map[string]*ledger.NewAccount), closed: make(map[string]bool)}
	var accounts []ledger.NewAccount
	for i := range rapid.IntRange(1, 5).Draw(rt, "customers") {
		limit := rapid.Int64Range(0, 30).Draw(rt, "limit")
		account := ledger.NewAccount{Name: fmt.Sprintf("c%d", i), Currency: currencies.Draw(rt, "currency"),
			Kind: ledger.Customer, Balance: rapid.Int64Range(-limit, 60).Draw(rt, "balance"), OverdraftLimit: limit}
		accounts = append(accounts, account)
		b.accounts[account.Name] = &account
		b.closed[account.Name] = rapid.IntRange(0, 9).Draw(rt, "closed") == 9
		settlement := ledger.SettlementName(account.Currency)
		b.accounts[settlement] = &ledger.NewAccount{Name: settlement, Currency: account.Currency, Kind: ledger.Settlement}
	}
	return b, accounts
}

var (
	payers = rapid.SampledFrom([]string{"c0", "c1", "c2", "c3", "c0", "c1", "c2", "c4", usd})
	payees = rapid.SampledFrom([]string{"c0", "c1", "c4", usd, "settlement:EUR", usd, "settlement:EUR"})
)

var payments = rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) ledger.Payment {
	return ledger.Payment{Account: payers.Draw(rt, "from"), CreditAccount: payees.Draw(rt, "to"),
		Currency: currencies.Draw(rt, "currency"), Amount: rapid.Int64Range(1, 40).Draw(rt, "amount"), Reference: "x"}
}).Filter(func(p ledger.Payment) bool { return p.Account != p.CreditAccount || p.Account == usd }), 0, 12)

var errRollback = errors.New("rolled back on purpose")

func TestPromise5_BooksBalance(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	rapid.Check(t, func(rt *rapid.T) {
		b, accounts := opening(rt)
		if err := reopen(t.Context(), db, b, accounts); err != nil {
			rt.Fatal(err)
		}
		ids := &ledger.IDs{}
		for range rapid.IntRange(1, 4).Draw(rt, "books") {
			after := b.clone()
			stripe := int16(rapid.IntRange(0, 2).Draw(rt, "stripe"))
			rollback := rapid.IntRange(0, 4).Draw(rt, "rollback") == 4
			err := pgx.BeginFunc(t.Context(), db, func(tx pgx.Tx) error {
				if err := keep(t.Context(), rt, tx, ledger.NewBook(ids, stripe), after); err != nil || !rollback {
					return err
				}
				return errRollback
			})
			if err != nil && !errors.Is(err, errRollback) {
				rt.Fatal(err)
			}
			if err == nil {
				b = after
			}
		}
		compare(t.Context(), rt, db, b)
	})
}

// reopen empties the database and opens the accounts.
func reopen(ctx context.Context, db *pgxpool.Pool, b *books, accounts []ledger.NewAccount) error {
	return pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "TRUNCATE account, settlement_stripe, transfer"); err != nil {
			return err
		}
		if _, err := ledger.Create(ctx, tx, accounts); err != nil {
			return err
		}
		for name, closed := range b.closed {
			if closed {
				if err := ledger.Close(ctx, tx, name); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// keep draws payments and gives each to the database's book and to the model's.
func keep(ctx context.Context, rt *rapid.T, tx pgx.Tx, book *ledger.Book, b *books) error {
	drawn := payments.Draw(rt, "payments")
	lock := &pgx.Batch{}
	if err := book.QueueLock(lock, drawn); err != nil {
		return err
	}
	if err := tx.SendBatch(ctx, lock).Close(); err != nil {
		return err
	}
	for _, payment := range drawn {
		want := b.decide(payment)
		if _, err := book.Transfer(payment); !errors.Is(err, want) {
			rt.Fatalf("%+v: %v, want %v", payment, err, want)
		}
	}
	return book.Post(ctx, tx)
}

func compare(ctx context.Context, rt *rapid.T, db *pgxpool.Pool, b *books) {
	stored, err := ledger.List(ctx, db, "", 100)
	if err != nil {
		rt.Fatal(err)
	}
	if len(stored) != len(b.accounts) {
		rt.Fatalf("%d accounts, want %d", len(stored), len(b.accounts))
	}
	for _, account := range stored {
		if want := b.accounts[account.Name].Balance; account.Balance != want {
			rt.Errorf("%s holds %d, want %d", account.Name, account.Balance, want)
		}
	}
	var transfers int64
	if err := db.QueryRow(ctx, "SELECT count(*) FROM transfer").Scan(&transfers); err != nil {
		rt.Fatal(err)
	}
	if transfers != b.transfers {
		rt.Errorf("%d transfers, want %d", transfers, b.transfers)
	}
	if err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		checks, err := ledger.Audit(ctx, tx, 10)
		for _, check := range checks {
			if !check.OK() {
				rt.Errorf("audit: %+v", check)
			}
		}
		return err
	}); err != nil {
		rt.Fatal(err)
	}
	wantZeroSums(ctx, rt, db, b)
}

// wantZeroSums checks what the audit says by a sum of the model's own.
func wantZeroSums(ctx context.Context, rt *rapid.T, db *pgxpool.Pool, b *books) {
	totals, err := ledger.TrialBalance(ctx, db)
	if err != nil {
		rt.Fatal(err)
	}
	for _, total := range totals {
		var customers, settlement int64
		for _, account := range b.accounts {
			switch {
			case account.Currency != total.Currency:
			case account.Kind == ledger.Customer:
				customers += account.Balance
			default:
				settlement += account.Balance
			}
		}
		if total.Customers != fmt.Sprint(customers) || total.Settlement != fmt.Sprint(settlement) ||
			total.Opening != fmt.Sprint(customers+settlement) || total.Difference != "0" {
			rt.Errorf("totals %+v, want customers %d, settlement %d", total, customers, settlement)
		}
	}
}
