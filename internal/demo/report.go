package demo

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"deductor/consumer/currency"
	"deductor/internal/progress"
	"deductor/ledger"
)

// WrongError says that the database does not say what it must.
type WrongError struct {
	// Lines name what is wrong.
	Lines []string
}

// Error names the lines of the table.
func (e *WrongError) Error() string {
	return "the result is wrong: " + strings.Join(e.Lines, ", ")
}

// maxProblems bounds how many a line of the table shows.
const maxProblems = 5

// writeTable shows the lines, and the problems of those that are wrong. The
// error is a [*WrongError] when there are such.
func writeTable(w io.Writer, lines []line) error {
	wrong := &WrongError{}
	fmt.Fprintf(w, "%-37s %12s %12s\n", "", "expected", "database")
	for i := range lines {
		l := &lines[i]
		verdict := "ok"
		if l.wrong() {
			verdict = "WRONG"
			wrong.Lines = append(wrong.Lines, l.label)
		}
		label := strings.Repeat("  ", l.indent) + l.label
		fmt.Fprintf(w, "%-37s %12s %12s  %s\n", label, progress.Thousands(l.want), progress.Thousands(l.got), verdict)
	}
	for i := range lines {
		writeProblems(w, &lines[i])
	}
	if len(wrong.Lines) > 0 {
		return wrong
	}
	return nil
}

func writeProblems(w io.Writer, l *line) {
	if len(l.problems) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s:\n", l.label)
	for _, problem := range l.problems[:min(len(l.problems), maxProblems)] {
		fmt.Fprintf(w, "  %s\n", problem)
	}
	if more := len(l.problems) - maxProblems; more > 0 {
		fmt.Fprintf(w, "  and %s more\n", progress.Thousands(int64(more)))
	}
}

// writeTrialBalance shows the totals in major units.
func writeTrialBalance(w io.Writer, totals []ledger.CurrencyTotals) {
	const format = "%-15s %15s %15s %15s"
	fmt.Fprintf(w, format+"\n", "trial balance", "opening", "customers", "settlement")
	for _, t := range totals {
		verdict := "balances"
		if t.Difference != "0" {
			verdict = "WRONG by " + money(t.Difference, t.Currency)
		}
		fmt.Fprintf(w, format+"  %s\n", "  "+t.Currency,
			money(t.Opening, t.Currency), money(t.Customers, t.Currency), money(t.Settlement, t.Currency), verdict)
	}
}

// money writes minor units as 1,234.56.
func money(minor, code string) string {
	n, err := strconv.ParseInt(minor, 10, 64)
	if err != nil {
		return minor // more than 64 bits: wrong, and shown as it is
	}
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	whole, fraction, found := strings.Cut(currency.Format(n, code), ".")
	if found {
		fraction = "." + fraction
	}
	if units, err := strconv.ParseInt(whole, 10, 64); err == nil {
		whole = progress.Thousands(units)
	}
	return sign + whole + fraction
}
