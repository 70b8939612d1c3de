package main

import (
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"deductor/consumer/currency"
	"deductor/ledger"
)

func newAccount() *cobra.Command {
	return group(&cobra.Command{
		Use:   "account",
		Short: "Create and look at accounts",
		Long: `Create, import, list, show and close accounts, and show what moved their balances.
A customer account is debited, and never below its overdraft limit; a settlement
account is only credited.`,
		Example: `  deductor account import accounts.csv
  deductor account show alice
  deductor account entries alice`,
	}, newAccountCreate(), newAccountImport(), newAccountList(), newAccountShow(), newAccountEntries(),
		newAccountClose())
}

// accountView is an account as users see it: amounts in major units, those
// named _minor as integers of minor units.
type accountView struct {
	Account             jsonText   `json:"account"`
	Currency            string     `json:"currency"`
	Kind                string     `json:"kind"`
	Balance             string     `json:"balance"`
	BalanceMinor        string     `json:"balance_minor"`
	OpeningBalance      string     `json:"opening_balance"`
	OpeningBalanceMinor string     `json:"opening_balance_minor"`
	OverdraftLimit      string     `json:"overdraft_limit"`
	OverdraftLimitMinor string     `json:"overdraft_limit_minor"`
	CreatedAt           time.Time  `json:"created_at"`
	ClosedAt            *time.Time `json:"closed_at"`
}

func viewAccount(a ledger.Account) accountView {
	return accountView{
		Account:             jsonText(a.Name),
		Currency:            a.Currency,
		Kind:                string(a.Kind),
		Balance:             currency.Format(a.Balance, a.Currency),
		BalanceMinor:        strconv.FormatInt(a.Balance, 10),
		OpeningBalance:      currency.Format(a.OpeningBalance, a.Currency),
		OpeningBalanceMinor: strconv.FormatInt(a.OpeningBalance, 10),
		OverdraftLimit:      currency.Format(a.OverdraftLimit, a.Currency),
		OverdraftLimitMinor: strconv.FormatInt(a.OverdraftLimit, 10),
		CreatedAt:           a.CreatedAt.UTC(),
		ClosedAt:            inUTC(a.ClosedAt),
	}
}

func inUTC(at *time.Time) *time.Time {
	if at == nil {
		return nil
	}
	utc := at.UTC()
	return &utc
}

// timeText writes a time for people, and nothing for none.
func timeText(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// write writes one account.
func (v accountView) write(out output, w io.Writer) error {
	return out.write(w, v, func(w io.Writer) error {
		return details(w, [][2]string{
			{"account", printable(string(v.Account))},
			{"currency", v.Currency},
			{"kind", v.Kind},
			{"balance", v.Balance},
			{"opening balance", v.OpeningBalance},
			{"overdraft limit", v.OverdraftLimit},
			{"created at", timeText(&v.CreatedAt)},
			{"closed at", timeText(v.ClosedAt)},
		})
	})
}
