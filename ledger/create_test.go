package ledger_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"deductor/internal/pgtest"
	"deductor/ledger"
)

// tryCreate is a transaction that creates accounts and rolls back on an error.
func tryCreate(t *testing.T, db *pgxpool.Pool, accounts ...ledger.NewAccount) (created int, err error) {
	t.Helper()
	err = pgx.BeginFunc(t.Context(), db, func(tx pgx.Tx) (err error) {
		created, err = ledger.Create(t.Context(), tx, accounts)
		return err
	})
	return created, err
}

func TestCreate(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	accounts := []ledger.NewAccount{
		{Name: "alice", Currency: "USD", Kind: ledger.Customer, Balance: 1000, OverdraftLimit: 50},
		{Name: "bob", Currency: "EUR", Kind: ledger.Customer, Balance: -7, OverdraftLimit: 7},
		{Name: "settlement:fees", Currency: "USD", Kind: ledger.Settlement, Balance: -300},
		{Name: "shop", Currency: "JPY", Kind: ledger.Settlement},
	}
	for _, want := range []int{len(accounts), 0} {
		created, err := tryCreate(t, db, accounts...)
		if created != want || err != nil {
			t.Fatalf("created %d, %v; want %d", created, err, want)
		}
	}
	stored, err := ledger.List(t.Context(), db, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for i := range stored {
		if stored[i].ID == 0 || time.Since(stored[i].CreatedAt).Abs() > time.Hour {
			t.Errorf("%s has id %d and was created at %v", stored[i].Name, stored[i].ID, stored[i].CreatedAt)
		}
		stored[i].ID, stored[i].CreatedAt = 0, time.Time{}
	}
	want := []ledger.Account{
		{Name: "alice", Currency: "USD", Kind: ledger.Customer, OpeningBalance: 1000, Balance: 1000, OverdraftLimit: 50},
		{Name: "bob", Currency: "EUR", Kind: ledger.Customer, OpeningBalance: -7, Balance: -7, OverdraftLimit: 7},
		{Name: "settlement:EUR", Currency: "EUR", Kind: ledger.Settlement},
		{Name: "settlement:JPY", Currency: "JPY", Kind: ledger.Settlement},
		{Name: usd, Currency: "USD", Kind: ledger.Settlement},
		{Name: "settlement:fees", Currency: "USD", Kind: ledger.Settlement, OpeningBalance: -300, Balance: -300},
		{Name: "shop", Currency: "JPY", Kind: ledger.Settlement},
	}
	if !slices.Equal(stored, want) {
		t.Errorf("accounts\n%+v, want\n%+v", stored, want)
	}
}

func TestCreateRefusesAnotherAccountOfTheName(t *testing.T) {
	t.Parallel()
	stored := ledger.NewAccount{Name: "alice", Currency: "USD", Kind: ledger.Customer, Balance: 1000, OverdraftLimit: 50}
	db := bank(t, stored)
	if err := post(t.Context(), db, pay("alice", 400)); err != nil {
		t.Fatal(err)
	}
	cases := map[string]func(*ledger.NewAccount){
		"currency":        func(a *ledger.NewAccount) { a.Currency = "EUR" },
		"kind":            func(a *ledger.NewAccount) { a.Kind, a.OverdraftLimit = ledger.Settlement, 0 },
		"opening balance": func(a *ledger.NewAccount) { a.Balance = 600 },
		"overdraft limit": func(a *ledger.NewAccount) { a.OverdraftLimit = 51 },
	}
	for field, change := range cases {
		other := stored
		change(&other)
		_, err := tryCreate(t, db, customer("new", 1), stored, other)
		var differs *ledger.DiffersError
		if !errors.As(err, &differs) || differs.Index != 2 || differs.Name != "alice" || differs.Field != field {
			t.Errorf("another %s: %v", field, err)
		}
	}
	if created, err := tryCreate(t, db, stored); created != 0 || err != nil {
		t.Errorf("the account as it was created: %d, %v", created, err)
	}
	wantBalances(t, db, map[string]int64{"alice": 600})
	if n := number(t, db, "SELECT count(*) FROM account"); n != 2 {
		t.Errorf("%d accounts, want alice and %s", n, usd)
	}
}

func TestCreateTheSameNameTwice(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	_, err := tryCreate(t, db, customer("alice", 1), customer("bob", 1), customer("alice", 2))
	var differs *ledger.DiffersError
	if !errors.As(err, &differs) || differs.Index != 2 || differs.Stored != int64(1) || differs.Wanted != int64(2) {
		t.Errorf("two opening balances: %v", err)
	}
	created, err := tryCreate(t, db, customer("alice", 1), customer("alice", 1))
	if created != 1 || err != nil {
		t.Errorf("the same twice: created %d, %v; want 1", created, err)
	}
}

func TestAccountsThatCannotBe(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	long := strings.Repeat("é", 64) // 128 bytes
	if _, err := tryCreate(t, db, customer(long, 0)); err != nil {
		t.Errorf("a name of 128 bytes: %v", err)
	}
	negative, below := customer("x", 9), customer("x", -6)
	negative.OverdraftLimit, below.OverdraftLimit = -1, 5
	cases := map[string]ledger.NewAccount{
		"account_name_length":                  customer(long+"x", 0),
		"account_name_reserved":                customer("settlement:alice", 0),
		"account_kind_known":                   {Name: "x", Currency: "USD", Kind: "Customer"},
		"account_currency_code":                {Name: "x", Currency: "usd", Kind: ledger.Customer},
		"account_overdraft_limit_not_negative": negative,
		"account_within_overdraft":             below,
		"account_settlement_is_striped":        {Name: "x", Currency: "USD", Kind: ledger.Settlement, OverdraftLimit: 1},
	}
	for constraint, account := range cases {
		_, err := tryCreate(t, db, account)
		wantRefused(t, err, "23514", constraint)
	}
	_, err := tryCreate(t, db, customer("", 0))
	wantRefused(t, err, "23514", "account_name_length")
}
