package command

import "github.com/go-json-experiment/json/jsontext"

// field is one of the names that a message may have, in the order in which their values are checked.
type field int

const (
	fieldOrderID field = iota
	fieldAccount
	fieldCurrency
	fieldCreditAccount
	fieldAmount
	fieldAmountMinor
	fieldAttempt
	fieldOccurredAt
	fieldMetadata
	fieldCount
)

var fieldNames = [fieldCount]string{
	fieldOrderID:       "order_id",
	fieldAccount:       "account",
	fieldCurrency:      "currency",
	fieldCreditAccount: "credit_account",
	fieldAmount:        "amount",
	fieldAmountMinor:   "amount_minor",
	fieldAttempt:       "attempt",
	fieldOccurredAt:    "occurred_at",
	fieldMetadata:      "metadata",
}

// fieldKinds holds the JSON type that each field must have.
var fieldKinds = [fieldCount]jsontext.Kind{
	fieldOrderID:       jsontext.KindString,
	fieldAccount:       jsontext.KindString,
	fieldCurrency:      jsontext.KindString,
	fieldCreditAccount: jsontext.KindString,
	fieldAmount:        jsontext.KindString,
	fieldAmountMinor:   jsontext.KindNumber,
	fieldAttempt:       jsontext.KindNumber,
	fieldOccurredAt:    jsontext.KindString,
	fieldMetadata:      jsontext.KindBeginObject,
}

func (f field) String() string {
	return fieldNames[f]
}

func fieldNamed(name []byte) (f field, ok bool) {
	for f, known := range &fieldNames { // in place: a copy would cost more than the rest
		if string(name) == known {
			return field(f), true
		}
	}
	return 0, false
}
