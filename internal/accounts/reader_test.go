package accounts

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"deductor/ledger"
)

// read returns what a file has, line by line: each account, or what is wrong.
func read(r io.Reader) (lines []string, err error) {
	reader, err := NewReader(r)
	if err != nil {
		return nil, err
	}
	for {
		row, err := reader.Read()
		var wrong *RowError
		switch {
		case errors.Is(err, io.EOF):
			return lines, nil
		case errors.As(err, &wrong):
			lines = append(lines, wrong.Error())
		case err != nil:
			return lines, err
		default:
			a := row.Account
			lines = append(lines, fmt.Sprintf("%d: %s %s %s %d/%d", row.Line, a.Name, a.Currency, a.Kind, a.Balance,
				a.OverdraftLimit))
		}
	}
}

func TestReader(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		file string
		want []string
	}{
		"the three columns": {"account,currency,balance\nalice,USD,1.00\nbob,JPY,5\n",
			[]string{"2: alice USD customer 100/0", "3: bob JPY customer 5/0"}},
		"all columns, in another order": {
			"kind,overdraft_limit,balance,currency,account\n,,1,USD,alice\nsettlement,0,2,EUR,shop\n",
			[]string{"2: alice USD customer 100/0", "3: shop EUR settlement 200/0"}},
		"byte order mark, CRLF, no end of line": {"\ufeffaccount,currency,balance\r\nalice,USD,1.00\r\nbob,USD,2.00",
			[]string{"2: alice USD customer 100/0", "3: bob USD customer 200/0"}},
		"quoted, with a byte order mark": {"\ufeff\"account\",\"currency\",\"balance\"\n\"Smith, \"\"J\"\"\",USD,\"1.00\"\n",
			[]string{`2: Smith, "J" USD customer 100/0`}},
		"empty lines count": {"account,currency,balance\n\nalice,USD,1.00\n\n\nbob,USD,x\n",
			[]string{"3: alice USD customer 100/0",
				`line 6: balance "x" is not a decimal number; expected one such as "12.34"`}},
		"header alone": {"account,currency,balance\n", nil},
		"wrong lines among others": {"account,currency,balance\nalice,USD,1.00,\nbob,US,1.00\ncarol,USD,1.00\n",
			[]string{"line 2: it has 4 fields; expected 3, as in the header",
				`line 3: currency "US" is unknown; expected an ISO 4217 code such as "USD"`,
				"4: carol USD customer 100/0"}},
		"quotes": {"account,currency,balance\nal\"ice,USD,1.00\nbob,USD,1.00\n\"carol,USD,1.00\ndora,USD,1.00\n",
			[]string{`line 2: bare " in non-quoted-field; expected a field with a quote, comma or line break in it ` +
				`to be written as "…", and its quotes as ""`,
				"3: bob USD customer 100/0",
				`line 4: extraneous or missing " in quoted-field; expected a field with a quote, comma or line break in it ` +
					`to be written as "…", and its quotes as ""`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := read(iotest.OneByteReader(strings.NewReader(row.file)))
			if err != nil || !slices.Equal(got, row.want) {
				t.Errorf("it is read as\n%q, %v, want\n%q", got, err, row.want)
			}
		})
	}
}

func TestReaderRefusesHeader(t *testing.T) {
	t.Parallel()
	const expected = "; expected account,currency,balance[,overdraft_limit][,kind] in any order"
	for file, want := range map[string]string{
		"":                               "line 1: there is no header" + expected,
		"\ufeff":                         "line 1: there is no header" + expected,
		"\n\naccount;currency;balance\n": `line 3: column "account;currency;balance" is unknown` + expected,
		"account,currency,Balance\n":     `line 1: column "Balance" is unknown` + expected,
		"account,currency,balance,\n":    `line 1: column "" is unknown` + expected,
		"account,currency,kind\n":        `line 1: column "balance" is missing` + expected,
		"account,currency,account\n":     `line 1: column "account" is there twice` + expected,
		"\"account\n":                    `line 1: extraneous or missing "`,
	} {
		_, err := NewReader(strings.NewReader(file))
		var wrong *RowError
		if !errors.As(err, &wrong) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q is refused with\n%v, want\n%s", file, err, want)
		}
	}
}

func TestReaderReturnsErrorsOfTheFile(t *testing.T) {
	t.Parallel()
	failed := errors.New("disk is gone")
	for _, start := range []string{"", "account,currency,balance\n", "account,currency,balance\nalice,USD,1.00\nbob"} {
		_, err := read(io.MultiReader(strings.NewReader(start), iotest.ErrReader(failed)))
		if !errors.Is(err, failed) {
			t.Errorf("after %q the error is %v, want %v", start, err, failed)
		}
	}
}

// FuzzReader holds what is read against what the ledger's table allows, and
// reads it once more from a file written anew.
func FuzzReader(f *testing.F) {
	f.Add("account,currency,balance\nalice,USD,1.00\n")
	f.Add("\ufeffkind,overdraft_limit,balance,currency,account\r\ncustomer,5.5,-5.5,USD,\"a,\"\"b\"\"\"\r\n")
	f.Add("account,currency,balance,kind\nsettlement:USD,USD,-1,settlement\nsettlement:USD,EUR,0,settlement\n")
	f.Add("account,currency,balance\n\"a\nb\",USD,1\n\n,,\na,b\nx,JPY,1.0\n")
	f.Fuzz(func(t *testing.T, file string) {
		reader, err := NewReader(strings.NewReader(file))
		if err != nil {
			return
		}
		var all []ledger.NewAccount
		for last := 1; ; {
			row, err := reader.Read()
			var wrong *RowError
			switch {
			case errors.Is(err, io.EOF):
				rereads(t, all)
				return
			case errors.As(err, &wrong):
				row.Line = wrong.Line
			case err != nil:
				t.Fatalf("a string can't fail to be read: %v", err)
			default:
				checkAccount(t, row.Account)
				all = append(all, row.Account)
			}
			if row.Line <= last {
				t.Fatalf("line %d comes after line %d", row.Line, last)
			}
			last = row.Line
		}
	})
}
