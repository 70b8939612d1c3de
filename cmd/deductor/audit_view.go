package main

import (
	"fmt"
	"io"
	"strconv"

	"deductor/consumer/currency"
	"deductor/ledger"
)

// auditView is an audit as users see it.
type auditView struct {
	OK           bool         `json:"ok"`
	Checks       []checkView  `json:"checks"`
	TrialBalance []totalsView `json:"trial_balance"`
}

type checkView struct {
	Name     string        `json:"name"`
	Question string        `json:"question"`
	OK       bool          `json:"ok"`
	Findings []findingView `json:"findings"`
}

type findingView struct {
	Subject jsonText `json:"subject"`
	Detail  jsonText `json:"detail"`
}

// totalsView are the totals of one currency: amounts in major units, those
// named _minor as integers of minor units. They may be beyond 64 bits.
type totalsView struct {
	Currency        string `json:"currency"`
	Accounts        int64  `json:"accounts"`
	Opening         string `json:"opening"`
	OpeningMinor    string `json:"opening_minor"`
	Customers       string `json:"customers"`
	CustomersMinor  string `json:"customers_minor"`
	Settlement      string `json:"settlement"`
	SettlementMinor string `json:"settlement_minor"`
	Difference      string `json:"difference"`
	DifferenceMinor string `json:"difference_minor"`
}

func viewAudit(checks []ledger.Check, totals []ledger.CurrencyTotals) auditView {
	view := auditView{OK: true, Checks: make([]checkView, len(checks)), TrialBalance: viewTotals(totals)}
	for i, check := range checks {
		view.OK = view.OK && check.OK()
		findings := make([]findingView, len(check.Findings))
		for j, finding := range check.Findings {
			findings[j] = findingView{jsonText(finding.Subject), jsonText(finding.Detail)}
		}
		view.Checks[i] = checkView{check.Name, check.Question, check.OK(), findings}
	}
	return view
}

func viewTotals(totals []ledger.CurrencyTotals) []totalsView {
	views := make([]totalsView, len(totals))
	for i, t := range totals {
		views[i] = totalsView{
			Currency:        t.Currency,
			Accounts:        t.Accounts,
			Opening:         majorUnits(t.Opening, t.Currency),
			OpeningMinor:    t.Opening,
			Customers:       majorUnits(t.Customers, t.Currency),
			CustomersMinor:  t.Customers,
			Settlement:      majorUnits(t.Settlement, t.Currency),
			SettlementMinor: t.Settlement,
			Difference:      majorUnits(t.Difference, t.Currency),
			DifferenceMinor: t.Difference,
		}
	}
	return views
}

// majorUnits writes a decimal integer of minor units in major units. A total
// may have more digits than [currency.Format] takes.
func majorUnits(minor, code string) string { return currency.FormatDigits(minor, code) }

// failed names the checks that found something.
func (v auditView) failed() []string {
	var names []string
	for _, check := range v.Checks {
		if !check.OK {
			names = append(names, check.Name)
		}
	}
	return names
}

func (v auditView) text(w io.Writer) error {
	for _, check := range v.Checks {
		verdict := "ok    "
		if !check.OK {
			verdict = "FAILED"
		}
		fmt.Fprintf(w, "%s  %s: %s\n", verdict, check.Name, check.Question)
		for _, finding := range check.Findings {
			fmt.Fprintf(w, "        %s: %s\n", printable(string(finding.Subject)), printable(string(finding.Detail)))
		}
	}
	fmt.Fprintln(w, "\ntrial balance:")
	rows := make([][]string, len(v.TrialBalance))
	for i, t := range v.TrialBalance {
		rows[i] = []string{t.Currency, strconv.FormatInt(t.Accounts, 10), t.Opening, t.Customers, t.Settlement,
			t.Difference}
	}
	return table(w, []string{"CURRENCY", "ACCOUNTS", "OPENING", "CUSTOMERS", "SETTLEMENT", "DIFFERENCE"}, rows)
}
