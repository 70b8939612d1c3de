package ledger_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"deductor/ledger"
)

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
		if len(page) > 2 || len(listed) > len(names) {
			t.Fatalf("a page of %d after %q", len(page), listed)
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
