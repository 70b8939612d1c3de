package ledger

// Decline is a payment that the books refuse: a stable code, and an error. It
// leaves the [Book] as it was.
type Decline string

// The declines.
const (
	// AccountNotFound means that there is no customer account to debit, or no
	// account to credit, under that name.
	AccountNotFound Decline = "account_not_found"
	// AccountClosed means that one of the two accounts was closed.
	AccountClosed Decline = "account_closed"
	// CurrencyMismatch means that one of the two accounts is in another currency.
	CurrencyMismatch Decline = "currency_mismatch"
	// InsufficientFunds means that the debit would pass the overdraft limit.
	InsufficientFunds Decline = "insufficient_funds"
)

// Error returns the code.
func (d Decline) Error() string { return string(d) }
