package command

// Reason says why a record was dead-lettered. Its values are stable: dashboards and scripts may rely on them.
type Reason string

// The reasons. Those at the end say when they are given, all others are given by [Decode].
const (
	ReasonEmptyValue           Reason = "empty_value"
	ReasonValueTooLarge        Reason = "value_too_large"
	ReasonInvalidJSON          Reason = "invalid_json"
	ReasonUnknownField         Reason = "unknown_field"
	ReasonDuplicateField       Reason = "duplicate_field"
	ReasonMissingField         Reason = "missing_field"
	ReasonAmountMissing        Reason = "amount_missing"
	ReasonAmountAmbiguous      Reason = "amount_ambiguous"
	ReasonWrongType            Reason = "wrong_type"
	ReasonInvalidOrderID       Reason = "invalid_order_id"
	ReasonInvalidAccount       Reason = "invalid_account"
	ReasonUnknownCurrency      Reason = "unknown_currency"
	ReasonInvalidCreditAccount Reason = "invalid_credit_account"
	ReasonSameAccount          Reason = "same_account"
	ReasonAmountSyntax         Reason = "amount_syntax"
	ReasonAmountPrecision      Reason = "amount_precision"
	ReasonAmountNotPositive    Reason = "amount_not_positive"
	ReasonAmountTooLarge       Reason = "amount_too_large"
	ReasonInvalidAttempt       Reason = "invalid_attempt"
	ReasonInvalidOccurredAt    Reason = "invalid_occurred_at"
	ReasonInvalidMetadata      Reason = "invalid_metadata"

	// ReasonOrderConflict is given when the order is settled: the command itself is valid.
	ReasonOrderConflict Reason = "order_conflict"
	// ReasonTooOld is given when the order is settled: the command itself is valid.
	ReasonTooOld Reason = "too_old"
	// ReasonDatabaseRefused is given when the order is settled: the command itself is valid.
	ReasonDatabaseRefused Reason = "database_refused"
	// ReasonAccountQuarantined is given when the order is settled: the command itself is valid.
	ReasonAccountQuarantined Reason = "account_quarantined"
)

var reasons = []struct {
	reason      Reason
	description string
}{
	{ReasonEmptyValue, "the record has no value (a tombstone) or an empty one"},
	{ReasonValueTooLarge, "the value is larger than 1 MiB; it is not read, so no order is named"},
	{ReasonInvalidJSON, "the value is not one complete JSON text in valid UTF-8, or something follows it"},
	{ReasonUnknownField, "a field is not one of the message's; names are case-sensitive"},
	{ReasonDuplicateField, "a name occurs more than once in an object"},
	{ReasonMissingField, "order_id, account or currency is not there"},
	{ReasonAmountMissing, "neither amount nor amount_minor is there"},
	{ReasonAmountAmbiguous, "both amount and amount_minor are there"},
	{ReasonWrongType, "the message or a field is of another JSON type than it must be; null counts as one"},
	{ReasonInvalidOrderID, "order_id is not 1 to 128 bytes of NFC text, or has a control character or U+FFFD"},
	{ReasonInvalidAccount, "account is not 1 to 128 bytes of NFC text, or has a control character or U+FFFD"},
	{ReasonUnknownCurrency, "currency is not an ISO 4217 code, in upper case, of a currency with a minor unit"},
	{ReasonInvalidCreditAccount, "credit_account is not what an account must be"},
	{ReasonSameAccount, "the account to debit is also the one to credit, be it by default"},
	{ReasonAmountSyntax, "amount is not a plain decimal number, or amount_minor has a fraction or an exponent"},
	{ReasonAmountPrecision, "amount has more decimal digits than the currency"},
	{ReasonAmountNotPositive, "the amount is zero or negative"},
	{ReasonAmountTooLarge, "the amount is above 1,000,000,000,000,000 minor units"},
	{ReasonInvalidAttempt, "attempt is not a whole number from 1 to 2147483647"},
	{ReasonInvalidOccurredAt, "occurred_at is not an RFC 3339 time with a zone, in the years 1 to 9999 of UTC"},
	{ReasonInvalidMetadata, "a value in metadata is not a string"},
	{ReasonOrderConflict, "the order is known with another account, amount, currency or credit account"},
	{ReasonTooOld, "the order is not known, and the record or its occurred_at is from before what was pruned"},
	{ReasonDatabaseRefused, "the database refused this command's data, and no other's in its batch"},
	{ReasonAccountQuarantined, "quarantine is on, and an earlier dead letter of the account is open: the command waits"},
}

// Reasons returns every reason, in the order in which they are checked.
func Reasons() []Reason {
	all := make([]Reason, len(reasons))
	for i, row := range reasons {
		all[i] = row.reason
	}
	return all
}

// Description says in one line when the reason is given. It is empty for a reason that is not in [Reasons].
func (r Reason) Description() string {
	for _, row := range reasons {
		if row.reason == r {
			return row.description
		}
	}
	return ""
}
