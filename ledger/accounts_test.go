package ledger_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

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
		if stored[i].ID == 0 {
			t.Errorf("%s has no id", stored[i].Name)
		}
		stored[i].ID = 0
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

func TestGet(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", 10), customer("bob", 20))
	if err := post(t.Context(), db, pay("alice", 3)); err != nil {
		t.Fatal(err)
	}
	byName, err := ledger.Get(t.Context(), db, "alice", "bob", usd, "nobody", "alice")
	if err != nil {
		t.Fatal(err)
	}
	if len(byName) != 3 || byName["alice"].Balance != 7 || byName["bob"].Balance != 20 || byName[usd].Balance != 3 {
		t.Errorf("by name: %+v", byName)
	}
	alice := byName["alice"]
	byID, err := ledger.GetByID(t.Context(), db, alice.ID, byName[usd].ID, -1)
	if err != nil {
		t.Fatal(err)
	}
	if len(byID) != 2 || byID[alice.ID] != alice || byID[byName[usd].ID].Name != usd {
		t.Errorf("by id: %+v", byID)
	}
}

func TestListPages(t *testing.T) {
	t.Parallel()
	names := []string{"Zoe", "alice", "alice ", "alice2", usd, "zoe", "Ärzte", "é", "日本"} // bytewise
	var accounts []ledger.NewAccount
	for _, name := range names {
		if name != usd {
			accounts = append(accounts, customer(name, 0))
		}
	}
	slices.Reverse(accounts)
	db := bank(t, accounts...)
	var listed []string
	for after := ""; ; after = listed[len(listed)-1] {
		page, err := ledger.List(t.Context(), db, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		if len(page) > 2 {
			t.Fatalf("a page of %d", len(page))
		}
		for _, account := range page {
			listed = append(listed, account.Name)
		}
	}
	if !slices.Equal(listed, names) {
		t.Errorf("listed %q, want %q", listed, names)
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", 10))
	shut := func() *ledger.Account {
		commit(t, db, func(tx pgx.Tx) error { return ledger.Close(t.Context(), tx, "alice") })
		found, err := ledger.Get(t.Context(), db, "alice")
		if err != nil {
			t.Fatal(err)
		}
		account := found["alice"]
		if account.ClosedAt == nil {
			t.Fatal("it is still open")
		}
		return &account
	}
	if first, again := shut(), shut(); !first.ClosedAt.Equal(*again.ClosedAt) {
		t.Errorf("closed at %v, then at %v", first.ClosedAt, again.ClosedAt)
	}
	wantBalances(t, db, map[string]int64{"alice": 10})
	err := pgx.BeginFunc(t.Context(), db, func(tx pgx.Tx) error { return ledger.Close(t.Context(), tx, "nobody") })
	if !errors.Is(err, ledger.ErrAccountUnknown) || !strings.Contains(fmt.Sprint(err), `"nobody"`) {
		t.Errorf("close nobody: %v", err)
	}
}

// What two accounts hold together may be more than 64 bits count.
func TestTrialBalanceBeyond64Bits(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", math.MaxInt64), customer("bob", math.MaxInt64),
		ledger.NewAccount{Name: "euro", Currency: "EUR", Kind: ledger.Customer, Balance: -5, OverdraftLimit: 5})
	if err := post(t.Context(), db, pay("alice", 7)); err != nil {
		t.Fatal(err)
	}
	totals, err := ledger.TrialBalance(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	want := []ledger.CurrencyTotals{
		{Currency: "EUR", Accounts: 2, Opening: "-5", Customers: "-5", Settlement: "0", Difference: "0"},
		{Currency: "USD", Accounts: 3, Opening: "18446744073709551614", Customers: "18446744073709551607",
			Settlement: "7", Difference: "0"},
	}
	if !slices.Equal(totals, want) {
		t.Errorf("totals\n%+v, want\n%+v", totals, want)
	}
}
