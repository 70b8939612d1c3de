package demo

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"deductor/ledger"
)

func TestTableMarksWhatIsWrong(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	right := line{label: "records read", want: 12521, got: 12521}
	err := writeTable(&out, []line{right})
	if err != nil || !strings.Contains(out.String(), "12,521       12,521  ok") {
		t.Errorf("error %v:\n%s", err, &out)
	}
	out.Reset()
	more := line{indent: 1, label: "debited", want: 2, got: 4}
	for range maxProblems + 3 {
		more.problem("ord-1 has 2 transfers")
	}
	err = writeTable(&out, []line{right, more})
	var wrong *WrongError
	if !errors.As(err, &wrong) || !slices.Equal(wrong.Lines, []string{"debited"}) {
		t.Fatalf("error %v", err)
	}
	for _, text := range []string{"2            4  WRONG\n", "\ndebited:\n  ord-1 has 2 transfers\n", "  and 3 more\n"} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("no %q in\n%s", text, &out)
		}
	}
}

func TestTrialBalanceIsInMajorUnits(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	writeTrialBalance(&out, []ledger.CurrencyTotals{
		{Currency: "JPY", Opening: "1234567", Customers: "1000000", Settlement: "234567", Difference: "0"},
		{Currency: "USD", Opening: "1234567", Customers: "-5", Settlement: "1234567", Difference: "-5"},
	})
	for _, text := range []string{
		"1,234,567       1,000,000         234,567  balances\n",
		"12,345.67           -0.05       12,345.67  WRONG by -0.05\n",
	} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("no %q in\n%s", text, &out)
		}
	}
}
