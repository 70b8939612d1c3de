package accounts

import (
	"errors"
	"strings"
	"testing"

	"deductor/ledger"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		fields Fields
		want   ledger.NewAccount
	}{
		{Fields{Account: "alice", Currency: "USD", Balance: "100.00"},
			ledger.NewAccount{Name: "alice", Currency: "USD", Kind: ledger.Customer, Balance: 10000}},
		{Fields{Account: "bob", Currency: "JPY", Balance: "-5", OverdraftLimit: "5", Kind: "customer"},
			ledger.NewAccount{Name: "bob", Currency: "JPY", Kind: ledger.Customer, Balance: -5, OverdraftLimit: 5}},
		{Fields{Account: "shop", Currency: "BHD", Balance: "-1.5", OverdraftLimit: "0.000", Kind: "settlement"},
			ledger.NewAccount{Name: "shop", Currency: "BHD", Kind: ledger.Settlement, Balance: -1500}},
		{Fields{Account: "settlement:EUR", Currency: "EUR", Balance: "0", Kind: "settlement"},
			ledger.NewAccount{Name: "settlement:EUR", Currency: "EUR", Kind: ledger.Settlement}},
		{Fields{Account: "settlement:shop", Currency: "EUR", Balance: "0", Kind: "settlement"},
			ledger.NewAccount{Name: "settlement:shop", Currency: "EUR", Kind: ledger.Settlement}},
		{Fields{Account: "Zoë 1", Currency: "USD", Balance: "-92233720368547758.07", OverdraftLimit: "92233720368547758.07"},
			ledger.NewAccount{Name: "Zoë 1", Currency: "USD", Kind: ledger.Customer,
				Balance: -9223372036854775807, OverdraftLimit: 9223372036854775807}},
	} {
		got, err := row.fields.Parse()
		if err != nil || got != row.want {
			t.Errorf("%+v is read as\n%+v, %v, want\n%+v", row.fields, got, err, row.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	good := Fields{Account: "alice", Currency: "USD", Balance: "100.00"}
	for _, row := range []struct {
		change func(*Fields)
		want   string
	}{
		{func(f *Fields) { f.Account = "" }, `account "" has 0 bytes; expected 1 to 128`},
		{func(f *Fields) { f.Account = "a\nb" }, `account "a\nb" has a control character; expected none`},
		{func(f *Fields) { f.Account = "\xff" }, `account "\xff" has a U+FFFD`},
		{func(f *Fields) { f.Account = strings.Repeat("a", 129) },
			`account "` + strings.Repeat("a", 64) + `" has 129 bytes; expected 1 to 128`},
		{func(f *Fields) { f.Account = "e\u0301" }, `is not in Unicode normal form C; expected "é"`},
		{func(f *Fields) { f.Account = "settlement:shop" },
			`account "settlement:shop" is kept for settlement accounts; expected another name, or kind settlement`},
		{func(f *Fields) { f.Currency = "usd" }, `currency "usd" is unknown; expected an ISO 4217 code such as "USD"`},
		{func(f *Fields) { f.Account, f.Kind = "settlement:EUR", "settlement" },
			`currency "USD" is not that of account "settlement:EUR"; expected "EUR"`},
		{func(f *Fields) { f.Balance = "" }, `balance "" is not a decimal number; expected one such as "12.34"`},
		{func(f *Fields) { f.Balance = "1,00" }, `balance "1,00" is not a decimal number; expected one such as "12.34"`},
		{func(f *Fields) { f.Balance = "1.234" },
			`balance "1.234" has more decimal digits than USD; expected at most 2, such as "12.34"`},
		{func(f *Fields) { f.Balance = "92233720368547758.08" },
			`balance "92233720368547758.08" is beyond the 64-bit range of minor units; expected an amount such as "12.34"`},
		{func(f *Fields) { f.Balance, f.OverdraftLimit = "-5.01", "5" },
			`balance "-5.01" is below the overdraft limit; expected -5.00 or more`},
		{func(f *Fields) { f.OverdraftLimit = "-1" }, `overdraft_limit "-1" is negative; expected zero or more`},
		{func(f *Fields) { f.OverdraftLimit = "1e3" }, `overdraft_limit "1e3" is not a decimal number`},
		{func(f *Fields) { f.Kind, f.OverdraftLimit = "settlement", "1" },
			`overdraft_limit "1" is given to a settlement account; expected 0, they have no limit`},
		{func(f *Fields) { f.Kind = "Customer" }, `kind "Customer" is unknown; expected customer or settlement`},
	} {
		fields := good
		row.change(&fields)
		_, err := fields.Parse()
		var wrong *FieldError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%+v is refused with\n%v, want\n%s", fields, err, row.want)
		}
	}
}
