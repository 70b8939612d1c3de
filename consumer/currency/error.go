package currency

import "fmt"

// Kind says what is wrong with the text of an amount.
type Kind int

// The ways in which [Parse] refuses an amount.
const (
	// Syntax: the text is not a plain decimal number such as "12.34", whatever the currency.
	Syntax Kind = iota + 1
	// TooManyDigits: the text has more decimal digits than the currency, even if they are zeros.
	TooManyDigits
	// TooLarge: the amount in minor units does not fit an int64.
	TooLarge
	// UnknownCurrency: the code is not one that [Digits] knows.
	UnknownCurrency
)

// AmountError is the error of [Parse]; ask for it with errors.As.
type AmountError struct {
	Kind     Kind
	Amount   string // the text as given
	Currency string // the code as given
}

// Error quotes at most 64 characters of the amount, and escapes whatever is not printable.
func (e *AmountError) Error() string {
	switch e.Kind {
	case Syntax:
		return fmt.Sprintf("amount %.64q is not a decimal number written like \"12.34\"", e.Amount)
	case TooManyDigits:
		digits, _ := Digits(e.Currency)
		return fmt.Sprintf("amount %.64q has more decimal digits than %s, which has %d",
			e.Amount, e.Currency, digits)
	case TooLarge:
		return fmt.Sprintf("amount %.64q of %s is beyond the 64-bit range of minor units", e.Amount, e.Currency)
	case UnknownCurrency:
		return fmt.Sprintf("amount %.64q is in %.64q, which is not an ISO 4217 code", e.Amount, e.Currency)
	default:
		return fmt.Sprintf("amount %.64q of %.64q is not valid", e.Amount, e.Currency)
	}
}
