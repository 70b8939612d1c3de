package accounts

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"deductor/consumer/currency"
	"deductor/ledger"
)

// MaxProblems is how many wrong lines an import lists.
const MaxProblems = 20

// RefusedError says that lines of a file are wrong. Nothing was imported.
type RefusedError struct {
	// File is its name, for messages.
	File string
	// Rows are the wrong lines, in their order: at most [MaxProblems], after
	// which the file was not read to its end.
	Rows []*RowError
}

// Error lists the lines, each as FILE:LINE: what is wrong.
func (e *RefusedError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: nothing was imported", e.File)
	for _, row := range e.Rows {
		fmt.Fprintf(&text, "\n%s:%d: %v", e.File, row.Line, row.Err)
	}
	if len(e.Rows) == MaxProblems {
		fmt.Fprintf(&text, "\nthere may be more: reading stopped after %d wrong lines", MaxProblems)
	}
	return text.String()
}

// Unwrap returns the lines' errors.
func (e *RefusedError) Unwrap() []error {
	all := make([]error, len(e.Rows))
	for i, row := range e.Rows {
		all[i] = row
	}
	return all
}

// refusal is nil when there are no problems.
func refusal(file string, problems []*RowError) error {
	if len(problems) == 0 {
		return nil
	}
	slices.SortStableFunc(problems, func(a, b *RowError) int { return cmp.Compare(a.Line, b.Line) })
	return &RefusedError{File: file, Rows: problems}
}

// Differs says of a field that the account has something else in it, where says
// where: in the database, or on a line.
func Differs(account ledger.NewAccount, found *ledger.DiffersError, where string) *FieldError {
	show := func(value any) string {
		if minor, isAmount := value.(int64); isAmount {
			return currency.Format(minor, account.Currency)
		}
		return fmt.Sprint(value)
	}
	problem := fmt.Sprintf("is not the %s of account %q %s; expected %q",
		found.Field, account.Name, where, show(found.Stored))
	if account.Name == ledger.SettlementName(account.Currency) {
		problem += " (it is created with the first account in its currency, unless it comes before)"
	}
	return &FieldError{Column: columnOf[found.Field], Value: show(found.Wanted), Problem: problem}
}

// columnOf is the column behind each field that the ledger compares.
var columnOf = map[string]string{
	"currency":        "currency",
	"kind":            "kind",
	"opening balance": "balance",
	"overdraft limit": "overdraft_limit",
}
