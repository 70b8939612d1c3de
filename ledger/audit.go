package ledger

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Check is one question that an audit asked.
type Check struct {
	// Name is a stable code, such as account_balances.
	Name string
	// Question is what was asked, for a person.
	Question string
	// Findings say what is wrong; none when all is well.
	Findings []Finding
}

// OK tells whether nothing was found.
func (c Check) OK() bool { return len(c.Findings) == 0 }

// Finding is one thing that is wrong.
type Finding struct {
	// Subject is what it is about: an account's name, a transfer, a currency.
	Subject string
	// Detail says what it is and what it should be; amounts in minor units.
	Detail string
}

// CurrencyTotals is the trial balance of one currency. Amounts are decimal
// integers of minor units: a total may be more than 64 bits hold.
type CurrencyTotals struct {
	Currency string
	// Accounts is how many accounts there are.
	Accounts int64
	// Opening is the sum of the opening balances.
	Opening string
	// Customers and Settlement are the sums of today's balances, by kind.
	Customers, Settlement string
	// Difference is today's sum less the opening sum: 0 when every debit has
	// its credit.
	Difference string
}

var checks = []struct {
	name, question, sql string
}{
	{"account_balances", "each customer's balance is its opening balance plus its transfers", auditBalancesSQL},
	{"settlement_balances", "each settlement stripe holds the sum of its transfers", auditStripesSQL},
	{"overdraft_limits", "no customer is below the overdraft limit", auditOverdraftSQL},
	{"transfer_accounts", "each transfer joins two accounts of one currency", auditTransfersSQL},
}

// Audit proves the books: it runs every check, each with at most limit findings,
// and the trial balance. It reads all transfers. Give it a REPEATABLE READ
// transaction, so that all checks see the same moment while others go on
// writing.
func Audit(ctx context.Context, tx pgx.Tx, limit int) ([]Check, error) {
	results := make([]Check, 0, len(checks)+1)
	for _, check := range checks {
		findings, err := Findings(ctx, tx, check.sql, limit)
		if err != nil {
			return nil, fmt.Errorf("audit %s: %w", check.name, err)
		}
		results = append(results, Check{Name: check.name, Question: check.question, Findings: findings})
	}
	totals, err := TrialBalance(ctx, tx)
	if err != nil {
		return nil, err
	}
	balanced := Check{Name: "trial_balance", Question: "debits equal credits in each currency"}
	for _, total := range totals {
		if total.Difference != "0" {
			balanced.Findings = append(balanced.Findings, Finding{
				Subject: total.Currency,
				Detail:  fmt.Sprintf("debits and credits differ by %s minor units", total.Difference),
			})
		}
	}
	return append(results, balanced), nil
}

// TrialBalance returns the totals of each currency, in the order of their codes.
func TrialBalance(ctx context.Context, db Querier) ([]CurrencyTotals, error) {
	rows, err := db.Query(ctx, trialBalanceSQL)
	if err != nil {
		return nil, fmt.Errorf("trial balance: %w", err)
	}
	totals, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t CurrencyTotals, err error) {
		err = row.Scan(&t.Currency, &t.Accounts, &t.Opening, &t.Customers, &t.Settlement, &t.Difference)
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("trial balance: %w", err)
	}
	return totals, nil
}

// Findings runs a query whose rows are findings (subject and detail, both text)
// and whose parameter $1 is the most that it may return.
func Findings(ctx context.Context, db Querier, sql string, limit int) ([]Finding, error) {
	rows, err := db.Query(ctx, sql, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Finding])
}
