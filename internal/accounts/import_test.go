package accounts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/jackc/pgx/v5/pgxpool"

	"deductor/internal/pgtest"
	"deductor/ledger"
)

// importText imports a file with the three columns that must be there.
func importText(ctx context.Context, db Beginner, lines ...string) (Result, error) {
	file := "account,currency,balance,overdraft_limit,kind\n" + strings.Join(lines, "\n")
	return Import(ctx, db, "a.csv", strings.NewReader(file), func(int) {})
}

// names are the accounts of the database, in order.
func names(t *testing.T, db *pgxpool.Pool) []string {
	t.Helper()
	stored, err := ledger.List(t.Context(), db, "", 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	list := make([]string, len(stored))
	for i, a := range stored {
		list[i] = fmt.Sprintf("%s %s %s %d/%d", a.Name, a.Currency, a.Kind, a.Balance, a.OverdraftLimit)
	}
	return list
}

func TestImport(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	lines := []string{"alice,USD,100.00,,", "shop,USD,-1,,settlement", "bob,JPY,-5,10,customer",
		"alice,USD,100,0.00,customer"}
	want := []string{"alice USD customer 10000/0", "bob JPY customer -5/10", "settlement:JPY JPY settlement 0/0",
		"settlement:USD USD settlement 0/0", "shop USD settlement -100/0"}
	for _, result := range []Result{{Created: 3, Unchanged: 1}, {Unchanged: 4}} {
		got, err := importText(t.Context(), db, lines...)
		if err != nil || got != result {
			t.Fatalf("import gives %+v, %v, want %+v", got, err, result)
		}
		if stored := names(t, db); !slices.Equal(stored, want) {
			t.Fatalf("accounts are\n%q, want\n%q", stored, want)
		}
	}
}

func TestImportOfManyBatches(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	const accounts = 2*batchSize + 10
	lines := make([]string, accounts, accounts+1)
	for i := range lines {
		lines[i] = fmt.Sprintf("account-%d,USD,%d.00,,", i, i)
	}
	var shown []int
	file := strings.NewReader("account,currency,balance,overdraft_limit,kind\n" + strings.Join(lines, "\n"))
	got, err := Import(t.Context(), db, "a.csv", file, func(rows int) { shown = append(shown, rows) })
	if err != nil || got != (Result{Created: accounts}) || !slices.Equal(shown, []int{batchSize, batchSize}) {
		t.Fatalf("import gives %+v, %v with progress %v", got, err, shown)
	}
	if stored := names(t, db); len(stored) != accounts+1 {
		t.Fatalf("there are %d accounts, want %d and the settlement account", len(stored), accounts)
	}
	// The first batch's account differs on a line of the last batch.
	_, err = importText(t.Context(), db, append(lines, "account-0,USD,7,,")...)
	want := fmt.Sprintf("a.csv:%d: ", accounts+2) +
		`balance "7.00" is not the opening balance of account "account-0" on line 2; expected "0.00"`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("the error is\n%v, want\n%s", err, want)
	}
}

func TestImportRefusesWhatDiffers(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		lines []string
		want  []string
	}{
		"from the database": {
			[]string{"dora,USD,1,,", "alice,EUR,100,,", "alice,USD,100,5,", "alice,USD,100,,settlement", "alice,USD,99,,"},
			[]string{
				`a.csv:3: currency "EUR" is not the currency of account "alice" in the database; expected "USD"`,
				`a.csv:4: overdraft_limit "5.00" is not the overdraft limit of account "alice" in the database; expected "0.00"`,
				`a.csv:5: kind "settlement" is not the kind of account "alice" in the database; expected "customer"`,
				`a.csv:6: balance "99.00" is not the opening balance of account "alice" in the database; expected "100.00"`,
			},
		},
		"from an earlier line": {
			[]string{"dora,JPY,1,,", "dora,JPY,2,,", "dora,JPY,1,,", "dora,JPY,3,,"},
			[]string{
				`a.csv:3: balance "2" is not the opening balance of account "dora" on line 2; expected "1"`,
				`a.csv:5: balance "3" is not the opening balance of account "dora" on line 2; expected "1"`,
			},
		},
		"from both, among lines that can't be read": {
			[]string{"dora,XYZ,1,,", "dora,USD,2,,", "alice,USD,1,,", "eve,USD,x,,", "dora,USD,1,,"},
			[]string{
				`a.csv:2: currency "XYZ" is unknown; expected an ISO 4217 code such as "USD"`,
				`a.csv:4: balance "1.00" is not the opening balance of account "alice" in the database; expected "100.00"`,
				`a.csv:5: balance "x" is not a decimal number; expected one such as "12.34"`,
				`a.csv:6: balance "1.00" is not the opening balance of account "dora" on line 3; expected "2.00"`,
			},
		},
		"a settlement account that was made by the way": {
			[]string{"settlement:USD,USD,5,,settlement"},
			[]string{`a.csv:2: balance "5.00" is not the opening balance of account "settlement:USD" in the database; ` +
				`expected "0.00" (it is created with the first account in its currency, unless it comes before)`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t).Pool
			if _, err := importText(t.Context(), db, "alice,USD,100,,"); err != nil {
				t.Fatal(err)
			}
			before := names(t, db)
			_, err := importText(t.Context(), db, row.lines...)
			want := "a.csv: nothing was imported\n" + strings.Join(row.want, "\n")
			var refused *RefusedError
			if !errors.As(err, &refused) || err.Error() != want {
				t.Errorf("the error is\n%v, want\n%s", err, want)
			}
			if after := names(t, db); !slices.Equal(after, before) {
				t.Errorf("accounts are\n%q, were\n%q", after, before)
			}
		})
	}
}

func TestImportListsTwentyProblems(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	var unreadable, differing []string
	for i := range 30 {
		unreadable = append(unreadable, fmt.Sprintf("account-%d,USD,x,,", i))
		differing = append(differing, fmt.Sprintf("alice,USD,%d,,", i))
	}
	for name, lines := range map[string][]string{"unreadable": unreadable, "differing": differing} {
		_, err := importText(t.Context(), db, lines...)
		var refused *RefusedError
		if !errors.As(err, &refused) || len(refused.Rows) != MaxProblems ||
			!strings.HasSuffix(err.Error(), "\nthere may be more: reading stopped after 20 wrong lines") {
			t.Errorf("%s: the error is\n%v", name, err)
		}
	}
}

func TestImportKeepsCauses(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	failed := errors.New("disk is gone")
	file := io.MultiReader(strings.NewReader("account,currency,balance\nalice,USD,1\n"), iotest.ErrReader(failed))
	if _, err := Import(t.Context(), db, "a.csv", file, func(int) {}); !errors.Is(err, failed) {
		t.Errorf("the error is %v, want %v", err, failed)
	}
	ctx, cancel := context.WithCancel(t.Context())
	interrupt := readerFunc(func([]byte) (int, error) {
		cancel()
		return 0, io.EOF
	})
	cancelling := io.MultiReader(strings.NewReader("account,currency,balance\nalice,USD,1\n"), interrupt)
	if _, err := Import(ctx, db, "a.csv", cancelling, func(int) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want %v", err, context.Canceled)
	}
	var wrong *FieldError
	if _, err := importText(t.Context(), db, "alice,USD,x,,"); !errors.As(err, &wrong) || wrong.Column != "balance" {
		t.Errorf("the error is %v, want a FieldError of column balance", err)
	}
	if stored := names(t, db); len(stored) != 0 {
		t.Errorf("accounts are %q, want none", stored)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
