package ledger

import "time"

// Kind tells how an account's balance is kept.
type Kind string

// The kinds, as they stand in column kind.
const (
	// Customer accounts have one balance, locked and limit-checked.
	Customer Kind = "customer"
	// Settlement accounts have a striped balance, without a lock or a limit.
	Settlement Kind = "settlement"
)

// SettlementPrefix begins the names that are kept for settlement accounts.
const SettlementPrefix = "settlement:"

// SettlementName returns the name of the account that is credited in a
// currency unless a payment names another. [Create] makes it together with the
// first account in that currency.
func SettlementName(currency string) string { return SettlementPrefix + currency }

// Account is who holds money.
type Account struct {
	// ID is the database's; locks are taken in its order.
	ID int64
	// Name is what payments call the account: 1 to 128 bytes.
	Name string
	// Currency is an ISO 4217 code.
	Currency string
	Kind     Kind
	// OpeningBalance is what it held when it was created, in minor units.
	OpeningBalance int64
	// Balance is what it holds now, in minor units.
	Balance int64
	// OverdraftLimit is how far below zero a customer's balance may go, in
	// minor units; never negative.
	OverdraftLimit int64
	// CreatedAt is when it was created, with its opening balance.
	CreatedAt time.Time
	// ClosedAt is nil while the account is open.
	ClosedAt *time.Time
}
