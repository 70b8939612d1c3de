package command_test

import (
	"bytes"
	"slices"
	"testing"

	"deductor/consumer/command"
	"deductor/consumer/currency"
)

// FuzzDecode holds the decoder against slowDecode, and its results against what the package promises.
func FuzzDecode(f *testing.F) {
	for _, row := range rejected {
		if len(row.value) < 1000 {
			f.Add([]byte(row.value))
		}
	}
	for _, value := range []string{
		with("", ""), minor("1234"), amount("1.2345", "CLF"), plus(`"credit_account":"settlement:EUR"`),
		plus(`"attempt":2147483647`), plus(`"occurred_at":"2026-01-31T23:59:59.123456789-23:59"`),
		plus(`"metadata":{"a":"b","c":"\u00e9"}`), with("alice", "\U0001f600é"), with("alice", `\ud83d\ude00`),
	} {
		f.Add([]byte(value))
	}
	var decoder command.Decoder
	f.Fuzz(func(t *testing.T, value []byte) {
		before := bytes.Clone(value)
		c, rejection := decoder.Decode(value)
		if !bytes.Equal(value, before) {
			t.Fatalf("the value was changed to %q", value)
		}
		if problem := command.PlainReading(value); problem != "" {
			t.Fatal(problem)
		}
		want, reasons := slowDecode(value)
		switch {
		case rejection == nil && (len(reasons) > 0 || c != want):
			t.Fatalf("it is read as\n%+v, want\n%+v, %v", c, want, reasons)
		case rejection == nil:
			checkCommand(t, c)
		case !slices.Contains(reasons, rejection.Reason):
			t.Fatalf("rejected as %v, want one of %v", rejection, reasons)
		default:
			checkRejection(t, rejection)
		}
	})
}

func checkCommand(t *testing.T, c command.Command) {
	t.Helper()
	_, known := currency.Digits(c.Currency)
	switch {
	case !isName(c.OrderID), !isName(c.Account), !isName(c.CreditAccount), c.Account == c.CreditAccount,
		c.Amount <= 0, c.Amount > currency.MaxMinor, !known, c.Attempt < 1:
		t.Fatalf("not a valid command: %+v", c)
	}
	message, err := command.Encode(c)
	if err != nil {
		t.Fatalf("%+v cannot be written: %v", c, err)
	}
	if again, rejection := command.Decode(message); rejection != nil || again != c {
		t.Fatalf("%+v is written\n%s, which is read as\n%+v, %v", c, message, again, rejection)
	}
}

func checkRejection(t *testing.T, rejection *command.Rejection) {
	t.Helper()
	if !slices.Contains(command.Reasons(), rejection.Reason) {
		t.Fatalf("%s is not in Reasons", rejection.Reason)
	}
	if problem := detailProblem(rejection.Detail); problem != "" {
		t.Fatalf("the detail %q is %s", rejection.Detail, problem)
	}
	if rejection.OrderID != "" && !isName(rejection.OrderID) {
		t.Fatalf("the order id %q is not valid", rejection.OrderID)
	}
	if rejection.Account != "" && !isName(rejection.Account) {
		t.Fatalf("the account %q is not valid", rejection.Account)
	}
}
