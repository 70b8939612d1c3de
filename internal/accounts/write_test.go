package accounts

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"deductor/consumer/currency"
	"deductor/ledger"
)

// rereads writes accounts as a file, whose lines must be read as just them.
func rereads(t *testing.T, all []ledger.NewAccount) {
	t.Helper()
	var file strings.Builder
	w := csv.NewWriter(&file)
	lines := [][]string{{"account", "currency", "balance", "overdraft_limit", "kind"}}
	for _, a := range all {
		lines = append(lines, []string{a.Name, a.Currency, currency.Format(a.Balance, a.Currency),
			currency.Format(a.OverdraftLimit, a.Currency), string(a.Kind)})
	}
	if err := w.WriteAll(lines); err != nil {
		t.Fatal(err)
	}
	reader, err := NewReader(strings.NewReader(file.String()))
	if err != nil {
		t.Fatal(err)
	}
	again := make([]ledger.NewAccount, len(all))
	for i := range again {
		row, err := reader.Read()
		if err != nil {
			t.Fatalf("%q is not read again: %v", file.String(), err)
		}
		again[i] = row.Account
	}
	if !slices.Equal(again, all) {
		t.Fatalf("it is read again as\n%+v, want\n%+v", again, all)
	}
}

// checkAccount checks what the constraints of table account check.
func checkAccount(t *testing.T, a ledger.NewAccount) {
	t.Helper()
	_, known := currency.Digits(a.Currency)
	customer := a.Kind == ledger.Customer
	switch {
	case len(a.Name) < 1, len(a.Name) > 128, !utf8.ValidString(a.Name), strings.Contains(a.Name, "\x00"), !known,
		a.OverdraftLimit < 0,
		!customer && (a.Kind != ledger.Settlement || a.OverdraftLimit != 0),
		customer && strings.HasPrefix(a.Name, "settlement:"),
		customer && a.Balance < -a.OverdraftLimit:
		t.Fatalf("not an account that can be stored: %+v", a)
	}
}
