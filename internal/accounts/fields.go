package accounts

import (
	"errors"
	"fmt"
	"strings"

	"deductor/consumer/command"
	"deductor/consumer/currency"
	"deductor/ledger"
)

// Fields is an account as a person writes it.
type Fields struct {
	Account, Currency string
	// Balance and OverdraftLimit are in major units, such as 100.00. An empty
	// limit is zero.
	Balance, OverdraftLimit string
	// Kind is customer, settlement, or empty, which is customer.
	Kind string
}

// FieldError says what is wrong with one field.
type FieldError struct {
	// Column names the field, as in the header of a file.
	Column string
	// Value is what was given.
	Value string
	// Problem follows the value: what is wrong with it, and what is expected.
	Problem string
}

// Error names the column, quotes at most 64 characters of the value, and escapes
// whatever is not printable.
func (e *FieldError) Error() string { return fmt.Sprintf("%s %.64q %s", e.Column, e.Value, e.Problem) }

// Parse checks the fields and reads the amounts. The error is a [*FieldError]
// about the first field that is wrong.
func (f Fields) Parse() (ledger.NewAccount, error) {
	account := ledger.NewAccount{Name: f.Account, Currency: f.Currency}
	if problem := command.NameProblem(f.Account); problem != "" {
		return account, &FieldError{"account", f.Account, problem}
	}
	if _, known := currency.Digits(f.Currency); !known {
		return account, &FieldError{"currency", f.Currency, `is unknown; expected an ISO 4217 code such as "USD"`}
	}
	var err error
	if account.Kind, err = parseKind(f.Kind); err != nil {
		return account, err
	}
	if account.Balance, err = parseAmount("balance", f.Balance, f.Currency); err != nil {
		return account, err
	}
	if f.OverdraftLimit != "" {
		if account.OverdraftLimit, err = parseAmount("overdraft_limit", f.OverdraftLimit, f.Currency); err != nil {
			return account, err
		}
	}
	return account, f.check(account)
}

func parseKind(text string) (ledger.Kind, error) {
	switch kind := ledger.Kind(text); kind {
	case "":
		return ledger.Customer, nil
	case ledger.Customer, ledger.Settlement:
		return kind, nil
	default:
		return "", &FieldError{"kind", text, "is unknown; expected customer or settlement"}
	}
}

func parseAmount(column, text, code string) (minor int64, err error) {
	minor, err = currency.Parse(text, code)
	var refused *currency.AmountError
	if !errors.As(err, &refused) {
		return minor, err
	}
	problem := "is not a decimal number; expected one"
	switch refused.Kind {
	case currency.TooManyDigits:
		digits, _ := currency.Digits(code)
		problem = fmt.Sprintf("has more decimal digits than %s; expected at most %d,", code, digits)
	case currency.TooLarge:
		problem = "is beyond the 64-bit range of minor units; expected an amount"
	}
	return 0, &FieldError{column, text, fmt.Sprintf("%s such as %q", problem, currency.Format(1234, code))}
}

// check holds the fields against each other, as the table's constraints do.
func (f Fields) check(account ledger.NewAccount) error {
	suffix, reserved := strings.CutPrefix(account.Name, ledger.SettlementPrefix)
	_, isDefault := currency.Digits(suffix)
	switch {
	case reserved && account.Kind != ledger.Settlement:
		return &FieldError{"account", f.Account,
			"is kept for settlement accounts; expected another name, or kind settlement"}
	case reserved && isDefault && suffix != account.Currency:
		return &FieldError{"currency", f.Currency,
			fmt.Sprintf("is not that of account %q; expected %q", f.Account, suffix)}
	case account.OverdraftLimit < 0:
		return &FieldError{"overdraft_limit", f.OverdraftLimit, "is negative; expected zero or more"}
	case account.Kind == ledger.Settlement && account.OverdraftLimit != 0:
		return &FieldError{"overdraft_limit", f.OverdraftLimit,
			"is given to a settlement account; expected 0, they have no limit"}
	case account.Kind == ledger.Customer && account.Balance < -account.OverdraftLimit:
		return &FieldError{"balance", f.Balance, fmt.Sprintf("is below the overdraft limit; expected %s or more",
			currency.Format(-account.OverdraftLimit, account.Currency))}
	}
	return nil
}
