// Package command is the wire format of a payment: it reads the value of a Kafka record into a [Command], or
// says with a stable [Reason] why the value cannot be one.
//
// A message is one JSON object in UTF-8:
//
//	{"order_id":"ord-1","account":"alice","amount":"12.34","currency":"USD"}
//
//	order_id        string, required   1 to 128 bytes, unique for each payment
//	account         string, required   the account to debit, 1 to 128 bytes
//	currency        string, required   an ISO 4217 code in upper case
//	amount          string             major units, above zero, with at most the currency's decimal digits
//	amount_minor    integer            minor units, above zero; exactly one of amount and amount_minor
//	credit_account  string             the account to credit; defaults to SettlementAccount(currency)
//	attempt         integer            1 to 2147483647; defaults to 1; a higher one retries a declined order
//	occurred_at     string             RFC 3339 with a zone, in upper case, years 1 to 9999 of UTC
//	metadata        object of strings  checked, not kept
//
// The decoder is strict, because a message that two programs read in two ways is a payment that one of them
// gets wrong. Names are compared exactly; unknown and repeated ones are refused, as are null, invalid UTF-8
// (RFC 7493), and anything after the object. Identifiers (order_id, account, credit_account) are in Unicode
// normal form C, hold no control characters and no U+FFFD, the mark of text lost in a conversion: two orders
// that lost different letters would share an id, and only one would be paid. They are otherwise opaque: case
// and spaces count.
//
// When several things are wrong, the reason is that of the first check that fails: size, JSON, the object's
// names, required fields, JSON types, then the values in the order order_id, account, currency,
// credit_account, amount, attempt, occurred_at, metadata. So the reason does not depend on the order of the
// fields, except between unknown and repeated names.
//
// Whether an account exists, and may be debited or credited, is not decided here.
package command
