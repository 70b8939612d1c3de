package ledger_test

import (
	"errors"
	"math"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"deductor/ledger"
)

// decision is a payment and what the book must say to it: nil, a Decline or an
// *OverflowError.
type decision struct {
	payment ledger.Payment
	err     error
}

// A case is one book; balances are what it must leave.
var transferCases = map[string]struct {
	decisions []decision
	balances  map[string]int64
}{
	"nobody pays":             {[]decision{{pay("nobody", 1), ledger.AccountNotFound}}, nil},
	"nobody is paid":          {[]decision{{payTo("alice", "nobody", 1), ledger.AccountNotFound}}, nil},
	"names are bytes":         {[]decision{{pay("Alice", 1), ledger.AccountNotFound}}, nil},
	"payer closed":            {[]decision{{pay("closed", 1), ledger.AccountClosed}}, nil},
	"payee closed":            {[]decision{{payTo("alice", "closed", 1), ledger.AccountClosed}}, nil},
	"settlement closed":       {[]decision{{payTo("alice", "settlement:closed", 1), ledger.AccountClosed}}, nil},
	"payer in another":        {[]decision{{payTo("euro", usd, 1), ledger.CurrencyMismatch}}, nil},
	"payee in another":        {[]decision{{payTo("alice", "euro", 1), ledger.CurrencyMismatch}}, nil},
	"settlement in another":   {[]decision{{payTo("alice", "settlement:EUR", 1), ledger.CurrencyMismatch}}, nil},
	"both in another":         {[]decision{{payTo("euro", "settlement:EUR", 1), ledger.CurrencyMismatch}}, nil},
	"found before closed":     {[]decision{{payTo("closed", "nobody", 1), ledger.AccountNotFound}}, nil},
	"closed before currency":  {[]decision{{payTo("closed", "euro", 1), ledger.AccountClosed}}, nil},
	"currency before balance": {[]decision{{payTo("alice", "euro", 1001), ledger.CurrencyMismatch}}, nil},
	"a settlement pays": {[]decision{
		{pay("alice", 10), nil},
		{payTo(usd, "alice", 1), ledger.AccountNotFound},
		{payTo(usd, "settlement:two", 1), ledger.AccountNotFound},
		{payTo("settlement:three", usd, 1), ledger.AccountNotFound},
	}, map[string]int64{"alice": 990, usd: 10}},
	"the whole balance": {[]decision{
		{pay("alice", 1001), ledger.InsufficientFunds},
		{pay("alice", 1000), nil},
		{pay("alice", 1), ledger.InsufficientFunds},
	}, map[string]int64{"alice": 0, usd: 1000}},
	"the whole overdraft": {[]decision{
		{pay("bob", 501), ledger.InsufficientFunds},
		{pay("bob", 499), nil},
		{pay("bob", 2), ledger.InsufficientFunds},
		{pay("bob", 1), nil},
		{pay("bob", 1), ledger.InsufficientFunds},
	}, map[string]int64{"bob": -500, usd: 500}},
	"an overdrawn account": {[]decision{
		{pay("drawn", 31), ledger.InsufficientFunds},
		{pay("drawn", 30), nil},
	}, map[string]int64{"drawn": -100}},
	"more than 64 bits available": {[]decision{
		{pay("rich", math.MaxInt64), nil},
		{payTo("rich", "settlement:two", 1), nil},
	}, map[string]int64{"rich": -1, usd: math.MaxInt64, "settlement:two": 1}},
	"deep overdraft": {[]decision{
		{pay("deep", math.MaxInt64), ledger.InsufficientFunds},
		{pay("deep", math.MaxInt64-1), nil},
		{payTo("deep", "settlement:two", 1), ledger.InsufficientFunds},
	}, map[string]int64{"deep": -math.MaxInt64, usd: math.MaxInt64 - 1}},
	"more than 64 bits debited in a book": {[]decision{
		{pay("rich", math.MaxInt64), nil},
		{payTo("rich", "settlement:two", 2), &ledger.OverflowError{Account: "rich"}},
	}, map[string]int64{"rich": 0, usd: math.MaxInt64, "settlement:two": 0}},
	"more than 64 bits credited in a book": {[]decision{
		{payTo("rich", "deep", math.MaxInt64), nil},
		{payTo("alice", "deep", 1), &ledger.OverflowError{Account: "deep"}},
	}, map[string]int64{"rich": 0, "deep": math.MaxInt64 - 1, "alice": 1000}},
	"a credited customer overflows": {[]decision{
		{payTo("alice", "rich", 1), &ledger.OverflowError{Account: "rich"}},
		{pay("rich", 999), nil},
		{payTo("alice", "rich", 1000), &ledger.OverflowError{Account: "rich"}},
		{payTo("alice", "rich", 999), nil},
	}, map[string]int64{"rich": math.MaxInt64, "alice": 1, usd: 999}},
	"a credited settlement overflows": {[]decision{
		{pay("rich", math.MaxInt64), nil},
		{pay("alice", 1), &ledger.OverflowError{Account: usd}},
		{payTo("alice", "settlement:two", 1000), nil},
	}, map[string]int64{"rich": 0, "alice": 0, usd: math.MaxInt64, "settlement:two": 1000}},
	"a credited customer pays on": {[]decision{
		{pay("empty", 1), ledger.InsufficientFunds},
		{payTo("alice", "empty", 700), nil},
		{pay("empty", 701), ledger.InsufficientFunds},
		{payTo("empty", "bob", 600), nil},
		{pay("bob", 1100), nil},
		{payTo("empty", "alice", 100), nil},
	}, map[string]int64{"alice": 400, "empty": 0, "bob": -500, usd: 1100}},
	"a decline leaves no trace": {[]decision{
		{pay("alice", 1001), ledger.InsufficientFunds},
		{payTo("alice", "nobody", 1), ledger.AccountNotFound},
		{payTo("alice", "closed", 1), ledger.AccountClosed},
	}, map[string]int64{"alice": 1000, usd: 0}},
}

func TestTransfer(t *testing.T) {
	t.Parallel()
	db := bank(t, customer("alice", 1000), customer("empty", 0), customer("closed", 1000),
		ledger.NewAccount{Name: "bob", Currency: "USD", Kind: ledger.Customer, OverdraftLimit: 500},
		ledger.NewAccount{Name: "drawn", Currency: "USD", Kind: ledger.Customer, Balance: -70, OverdraftLimit: 100},
		ledger.NewAccount{Name: "rich", Currency: "USD", Kind: ledger.Customer,
			Balance: math.MaxInt64, OverdraftLimit: math.MaxInt64},
		ledger.NewAccount{Name: "deep", Currency: "USD", Kind: ledger.Customer,
			Balance: -1, OverdraftLimit: math.MaxInt64},
		ledger.NewAccount{Name: "euro", Currency: "EUR", Kind: ledger.Customer, Balance: 1000},
		ledger.NewAccount{Name: "settlement:closed", Currency: "USD", Kind: ledger.Settlement},
		ledger.NewAccount{Name: "settlement:two", Currency: "USD", Kind: ledger.Settlement},
		ledger.NewAccount{Name: "settlement:three", Currency: "USD", Kind: ledger.Settlement})
	commit(t, db, func(tx pgx.Tx) error {
		return errors.Join(ledger.Close(t.Context(), tx, "closed"), ledger.Close(t.Context(), tx, "settlement:closed"))
	})
	for name, c := range transferCases {
		t.Run(name, func(t *testing.T) { decideAndPost(t, db, c.decisions, c.balances) })
	}
}

// decideAndPost rolls back at the end: the next book finds the same accounts.
func decideAndPost(t *testing.T, db *pgxpool.Pool, decisions []decision, balances map[string]int64) {
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	payments := make([]ledger.Payment, len(decisions))
	for i := range decisions {
		payments[i] = decisions[i].payment
	}
	book, err := ledger.Lock(t.Context(), tx, payments...)
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range decisions {
		transfer, err := book.Transfer(d.payment)
		if !sameRefusal(err, d.err) {
			t.Errorf("payment %d %+v: %v, want %v", i, d.payment, err, d.err)
		}
		if (err == nil) != (transfer.ID > 0) {
			t.Errorf("payment %d: transfer %d and error %v", i, transfer.ID, err)
		}
	}
	if err := book.Post(t.Context(), tx); err != nil {
		t.Fatal(err)
	}
	wantBalances(t, tx, balances)
}

func sameRefusal(got, want error) bool {
	var overflow, wanted *ledger.OverflowError
	if errors.As(want, &wanted) {
		return errors.As(got, &overflow) && overflow.Account == wanted.Account
	}
	return errors.Is(got, want)
}

func TestAmountsArePositive(t *testing.T) {
	t.Parallel()
	book := ledger.NewBook(&ledger.IDs{}, 0)
	for _, amount := range []int64{0, -1, math.MinInt64} {
		_, err := book.Transfer(pay("alice", amount))
		var decline ledger.Decline
		if err == nil || errors.As(err, &decline) {
			t.Errorf("amount %d: %v, want a fault of the caller", amount, err)
		}
	}
}

func TestErrorsNameTheirSubject(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want string
	}{
		{ledger.InsufficientFunds, "insufficient_funds"},
		{&ledger.OverflowError{Account: "x"},
			`the balance of account "x", or what one transaction moves on it, would not fit into 64 bits`},
		{&ledger.DiffersError{Name: "x", Field: "currency", Stored: "EUR", Wanted: "USD"},
			`account "x" exists with currency EUR, not USD`},
	} {
		if c.err.Error() != c.want {
			t.Errorf("%q, want %q", c.err, c.want)
		}
	}
}
