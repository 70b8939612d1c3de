package command

import (
	"time"

	"deductor/ledger"
)

// Command asks for one debit. What [Decode] returns is valid throughout, and shares no memory with the
// message. Its names share blocks of a few kilobytes with those of other commands: who keeps a name for
// long keeps a clone of it.
type Command struct {
	OrderID       string    // identifies the payment for ever; 1 to 128 bytes
	Account       string    // the account to debit; 1 to 128 bytes, never CreditAccount
	CreditAccount string    // the account to credit; by default the settlement account of the currency
	Amount        int64     // minor units of Currency, from 1 to currency.MaxMinor
	Currency      string    // ISO 4217 code
	Attempt       int32     // from 1; a higher one asks to decide a declined order again
	OccurredAt    time.Time // in UTC; zero if the message does not say
}

// SettlementAccount names the account that is credited when a command names none, such as "settlement:USD".
func SettlementAccount(currency string) string {
	return ledger.SettlementName(currency)
}

// UnmarshalJSON is [Decode] for encoding/json; its error is a [*Rejection].
func (c *Command) UnmarshalJSON(value []byte) error {
	decoded, rejection := Decode(value)
	if rejection != nil {
		return rejection
	}
	*c = decoded
	return nil
}

// MarshalJSON is [Encode] for encoding/json.
func (c Command) MarshalJSON() ([]byte, error) {
	return Encode(c)
}
