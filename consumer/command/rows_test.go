package command_test

import (
	"strings"

	"deductor/consumer/command"
)

// row is a value that is not a command: why, and which order can still be named.
type row struct {
	value   string
	reason  command.Reason
	orderID string
}

// with returns a valid message in which the text old is replaced.
func with(old, replacement string) string {
	const message = `{"order_id":"ord-1","account":"alice","amount":"12.34","currency":"USD"}`
	if !strings.Contains(message, old) {
		panic("no " + old + " in the message")
	}
	return strings.Replace(message, old, replacement, 1)
}

// plus returns a valid message with one more member.
func plus(member string) string {
	return with("}", ","+member+"}")
}

// minor returns a valid message with amount_minor in the place of amount.
func minor(literal string) string {
	return with(`"amount":"12.34"`, `"amount_minor":`+literal)
}

// amount returns a valid message of another amount, in a currency.
func amount(text, currency string) string {
	return `{"order_id":"ord-1","account":"alice","amount":"` + text + `","currency":"` + currency + `"}`
}

var nested = strings.Repeat("[", 1000) + strings.Repeat("]", 1000)

var rejected = []row{
	{"", command.ReasonEmptyValue, ""},
	{strings.Repeat(" ", command.MaxValueSize+1), command.ReasonValueTooLarge, ""},
	{with("alice", strings.Repeat("x", command.MaxValueSize)), command.ReasonValueTooLarge, ""},

	{" ", command.ReasonInvalidJSON, ""},
	{"ord-1", command.ReasonInvalidJSON, ""},
	{"\x00\x00\x00\x00\x07binary", command.ReasonInvalidJSON, ""},
	{"\ufeff" + with("", ""), command.ReasonInvalidJSON, ""},
	{`{"order_id":"ord-1","account":"alice","amo`, command.ReasonInvalidJSON, "ord-1"},
	{`{"order_id":"ord-1"`, command.ReasonInvalidJSON, "ord-1"},
	{`{"account":"alice","order_id":"ord-1`, command.ReasonInvalidJSON, ""},
	{`{"order_id":`, command.ReasonInvalidJSON, ""},
	{`{`, command.ReasonInvalidJSON, ""},
	{`{1:2}`, command.ReasonInvalidJSON, ""},
	{with("}", ",}"), command.ReasonInvalidJSON, "ord-1"},
	{with("}", "]"), command.ReasonInvalidJSON, "ord-1"},
	{with("}", "}}"), command.ReasonInvalidJSON, "ord-1"},
	{with("}", "} x"), command.ReasonInvalidJSON, "ord-1"},
	{with("}", "}{}"), command.ReasonInvalidJSON, "ord-1"},
	{with("}", "} null"), command.ReasonInvalidJSON, "ord-1"},
	{plus(`"note":"x"`) + "{}", command.ReasonInvalidJSON, "ord-1"},
	{`[1] 2`, command.ReasonInvalidJSON, ""},
	{`{"note":"x"`, command.ReasonInvalidJSON, ""},
	{`[1`, command.ReasonInvalidJSON, ""},
	{with(`"ord-1"`, `'ord-1'`), command.ReasonInvalidJSON, ""},
	{with("alice", "al\xffice"), command.ReasonInvalidJSON, "ord-1"},
	{with("alice", `al\ud800ice`), command.ReasonInvalidJSON, "ord-1"},
	{with("alice", "al\x00ice"), command.ReasonInvalidJSON, "ord-1"},
	{minor("012"), command.ReasonInvalidJSON, "ord-1"},
	{minor("+12"), command.ReasonInvalidJSON, "ord-1"},
	{minor("NaN"), command.ReasonInvalidJSON, "ord-1"},
	{plus(`"metadata":` + strings.Repeat(`{"a":`, 20_000)), command.ReasonInvalidJSON, "ord-1"},

	{"null", command.ReasonWrongType, ""},
	{"true", command.ReasonWrongType, ""},
	{"12", command.ReasonWrongType, ""},
	{`"ord-1"`, command.ReasonWrongType, ""},
	{"[" + with("", "") + "]", command.ReasonWrongType, ""},
	{with(`"ord-1"`, "1"), command.ReasonWrongType, ""},
	{with(`"ord-1"`, "null"), command.ReasonWrongType, ""},
	{with(`"ord-1"`, `["ord-1"]`), command.ReasonWrongType, ""},
	{with(`"alice"`, "null"), command.ReasonWrongType, "ord-1"},
	{with(`"12.34"`, "12.34"), command.ReasonWrongType, "ord-1"},
	{with(`"12.34"`, "null"), command.ReasonWrongType, "ord-1"},
	{with(`"USD"`, "840"), command.ReasonWrongType, "ord-1"},
	{minor(`"1234"`), command.ReasonWrongType, "ord-1"},
	{minor(`null`), command.ReasonWrongType, "ord-1"},
	{plus(`"credit_account":null`), command.ReasonWrongType, "ord-1"},
	{plus(`"attempt":"2"`), command.ReasonWrongType, "ord-1"},
	{plus(`"attempt":null`), command.ReasonWrongType, "ord-1"},
	{plus(`"attempt":true`), command.ReasonWrongType, "ord-1"},
	{plus(`"occurred_at":1700000000`), command.ReasonWrongType, "ord-1"},
	{plus(`"occurred_at":null`), command.ReasonWrongType, "ord-1"},
	{plus(`"metadata":null`), command.ReasonWrongType, "ord-1"},
	{plus(`"metadata":["a"]`), command.ReasonWrongType, "ord-1"},
	{plus(`"metadata":"a"`), command.ReasonWrongType, "ord-1"},

	{plus(`"note":"x"`), command.ReasonUnknownField, "ord-1"},
	{plus(`"":"x"`), command.ReasonUnknownField, "ord-1"},
	{plus(`"Amount":"1"`), command.ReasonUnknownField, "ord-1"},
	{plus(`"amount ":"1"`), command.ReasonUnknownField, "ord-1"},
	{with("order_id", "Order_ID"), command.ReasonUnknownField, ""},
	{with("order_id", "order\u200b_id"), command.ReasonUnknownField, ""},
	{`{"note":"x","account":"alice","order_id":"ord-1"}`, command.ReasonUnknownField, "ord-1"},
	{`{"note":{"order_id":"ord-2"},"order_id":"ord-1"}`, command.ReasonUnknownField, "ord-1"},
	{`{"note":{"order_id":"ord-2"}}`, command.ReasonUnknownField, ""},
	{`{"note":"x","order_id":"ord-1","order_id":"ord-2"}`, command.ReasonUnknownField, ""},
	{`{"note":"x","order_id":"\u0000"}`, command.ReasonUnknownField, ""},

	{plus(`"amount":"12.34"`), command.ReasonDuplicateField, "ord-1"},
	{plus(`"account":"bob","x":1`), command.ReasonDuplicateField, "ord-1"},
	{plus(`"order_id":"ord-2"`), command.ReasonDuplicateField, ""},
	{plus(`"order_id":"ord-1"`), command.ReasonDuplicateField, ""},
	{plus(`"order\u005fid":"ord-2"`), command.ReasonDuplicateField, ""},
	{plus(`"metadata":{"a":"1","b":"2","a":"3"}`), command.ReasonDuplicateField, "ord-1"},
	{`{"account":"a","account":"b","order_id":"ord-1"}`, command.ReasonDuplicateField, "ord-1"},

	{`{}`, command.ReasonMissingField, ""},
	{`{"order_id":"ord-1"}`, command.ReasonMissingField, "ord-1"},
	{with(`"order_id":"ord-1",`, ""), command.ReasonMissingField, ""},
	{with(`"account":"alice",`, ""), command.ReasonMissingField, "ord-1"},
	{with(`,"currency":"USD"`, ""), command.ReasonMissingField, "ord-1"},

	{with(`"amount":"12.34",`, ""), command.ReasonAmountMissing, "ord-1"},
	{plus(`"amount_minor":1234`), command.ReasonAmountAmbiguous, "ord-1"},
	{plus(`"amount_minor":null`), command.ReasonAmountAmbiguous, "ord-1"},

	{with("ord-1", ""), command.ReasonInvalidOrderID, ""},
	{with("ord-1", strings.Repeat("x", 129)), command.ReasonInvalidOrderID, ""},
	{with("ord-1", strings.Repeat("é", 65)), command.ReasonInvalidOrderID, ""},
	{with("ord-1", `ord\u0000`), command.ReasonInvalidOrderID, ""},
	{with("ord-1", `ord\n1`), command.ReasonInvalidOrderID, ""},
	{with("ord-1", "ord\x7f"), command.ReasonInvalidOrderID, ""},
	{with("ord-1", "ord\u0085"), command.ReasonInvalidOrderID, ""},
	{with("ord-1", "ord\ufffd"), command.ReasonInvalidOrderID, ""},
	{with("ord-1", "cafe\u0301"), command.ReasonInvalidOrderID, ""},
	{with("ord-1", `cafe\u0301`), command.ReasonInvalidOrderID, ""},
	{with("ord-1", "\u212b"), command.ReasonInvalidOrderID, ""}, // the ångström sign is Å in NFC

	{with("alice", ""), command.ReasonInvalidAccount, "ord-1"},
	{with("alice", strings.Repeat("x", 129)), command.ReasonInvalidAccount, "ord-1"},
	{with("alice", `al\tice`), command.ReasonInvalidAccount, "ord-1"},
	{with("alice", "e\u0301"), command.ReasonInvalidAccount, "ord-1"},
	{plus(`"credit_account":""`), command.ReasonInvalidCreditAccount, "ord-1"},
	{plus(`"credit_account":"a\u0000"`), command.ReasonInvalidCreditAccount, "ord-1"},
	{plus(`"credit_account":"` + strings.Repeat("x", 129) + `"`), command.ReasonInvalidCreditAccount, "ord-1"},
	{plus(`"credit_account":"alice"`), command.ReasonSameAccount, "ord-1"},
	{plus(`"credit_account":"al\u0069ce"`), command.ReasonSameAccount, "ord-1"},
	{with("alice", "settlement:USD"), command.ReasonSameAccount, "ord-1"},

	{with("USD", ""), command.ReasonUnknownCurrency, "ord-1"},
	{with("USD", "usd"), command.ReasonUnknownCurrency, "ord-1"},
	{with("USD", "XAU"), command.ReasonUnknownCurrency, "ord-1"},
	{with("USD", "USD "), command.ReasonUnknownCurrency, "ord-1"},
	{with("USD", "840"), command.ReasonUnknownCurrency, "ord-1"},

	{amount("", "USD"), command.ReasonAmountSyntax, "ord-1"},
	{amount("12.", "USD"), command.ReasonAmountSyntax, "ord-1"},
	{amount(".5", "USD"), command.ReasonAmountSyntax, "ord-1"},
	{amount("+1", "USD"), command.ReasonAmountSyntax, "ord-1"},
	{amount("1e3", "USD"), command.ReasonAmountSyntax, "ord-1"},
	{amount("1,000", "USD"), command.ReasonAmountSyntax, "ord-1"},
	{amount(" 1", "USD"), command.ReasonAmountSyntax, "ord-1"},
	{amount("012", "USD"), command.ReasonAmountSyntax, "ord-1"},
	{amount("-0", "USD"), command.ReasonAmountSyntax, "ord-1"},
	{amount("NaN", "USD"), command.ReasonAmountSyntax, "ord-1"},
	{amount("$12", "USD"), command.ReasonAmountSyntax, "ord-1"},
	{minor("12.0"), command.ReasonAmountSyntax, "ord-1"},
	{minor("12.5"), command.ReasonAmountSyntax, "ord-1"},
	{minor("1e3"), command.ReasonAmountSyntax, "ord-1"},
	{minor("1E3"), command.ReasonAmountSyntax, "ord-1"},
	{minor("-1.0"), command.ReasonAmountSyntax, "ord-1"},
	{amount("12.345", "USD"), command.ReasonAmountPrecision, "ord-1"},
	{amount("12.340", "USD"), command.ReasonAmountPrecision, "ord-1"},
	{amount("100.0", "JPY"), command.ReasonAmountPrecision, "ord-1"},
	{amount("1.2345", "IQD"), command.ReasonAmountPrecision, "ord-1"},
	{amount("0", "USD"), command.ReasonAmountNotPositive, "ord-1"},
	{amount("0.00", "USD"), command.ReasonAmountNotPositive, "ord-1"},
	{amount("-1", "USD"), command.ReasonAmountNotPositive, "ord-1"},
	{amount("-99999999999999999999", "USD"), command.ReasonAmountNotPositive, "ord-1"},
	{minor("0"), command.ReasonAmountNotPositive, "ord-1"},
	{minor("-0"), command.ReasonAmountNotPositive, "ord-1"},
	{minor("-1"), command.ReasonAmountNotPositive, "ord-1"},
	{minor("-99999999999999999999"), command.ReasonAmountNotPositive, "ord-1"},
	{amount("10000000000000.01", "USD"), command.ReasonAmountTooLarge, "ord-1"},
	{amount("1000000000000001", "JPY"), command.ReasonAmountTooLarge, "ord-1"},
	{amount("184467440737095516.17", "USD"), command.ReasonAmountTooLarge, "ord-1"},
	{amount(strings.Repeat("9", 1000), "USD"), command.ReasonAmountTooLarge, "ord-1"},
	{minor("1000000000000001"), command.ReasonAmountTooLarge, "ord-1"},
	{minor("9223372036854775808"), command.ReasonAmountTooLarge, "ord-1"},
	{minor("18446744073709551617"), command.ReasonAmountTooLarge, "ord-1"},

	{plus(`"attempt":0`), command.ReasonInvalidAttempt, "ord-1"},
	{plus(`"attempt":-1`), command.ReasonInvalidAttempt, "ord-1"},
	{plus(`"attempt":1.0`), command.ReasonInvalidAttempt, "ord-1"},
	{plus(`"attempt":1e0`), command.ReasonInvalidAttempt, "ord-1"},
	{plus(`"attempt":2147483648`), command.ReasonInvalidAttempt, "ord-1"},
	{plus(`"attempt":4294967297`), command.ReasonInvalidAttempt, "ord-1"},

	{plus(`"occurred_at":""`), command.ReasonInvalidOccurredAt, "ord-1"},
	{plus(`"occurred_at":"yesterday"`), command.ReasonInvalidOccurredAt, "ord-1"},
	{plus(`"occurred_at":"2026-01-31"`), command.ReasonInvalidOccurredAt, "ord-1"},
	{plus(`"occurred_at":"2026-01-31T12:00:00"`), command.ReasonInvalidOccurredAt, "ord-1"},
	{plus(`"occurred_at":"2026-01-31 12:00:00Z"`), command.ReasonInvalidOccurredAt, "ord-1"},
	{plus(`"occurred_at":"2026-02-29T12:00:00Z"`), command.ReasonInvalidOccurredAt, "ord-1"},
	{plus(`"occurred_at":"2026-01-31T1:00:00Z"`), command.ReasonInvalidOccurredAt, "ord-1"},
	{plus(`"occurred_at":"2026-01-31T12:00:00,5Z"`), command.ReasonInvalidOccurredAt, "ord-1"},
	{plus(`"occurred_at":"2026-01-31T12:00:00z"`), command.ReasonInvalidOccurredAt, "ord-1"},
	{plus(`"occurred_at":"2026-01-31T12:00:00+24:00"`), command.ReasonInvalidOccurredAt, "ord-1"},
	{plus(`"occurred_at":"2026-01-31T12:00:00+01:60"`), command.ReasonInvalidOccurredAt, "ord-1"},
	{plus(`"occurred_at":"2026-01-31T12:00:00+0100"`), command.ReasonInvalidOccurredAt, "ord-1"},
	{plus(`"occurred_at":"0000-12-31T12:00:00Z"`), command.ReasonInvalidOccurredAt, "ord-1"},
	{plus(`"occurred_at":"0001-01-01T00:00:00+01:00"`), command.ReasonInvalidOccurredAt, "ord-1"},
	{plus(`"occurred_at":"9999-12-31T23:59:59-01:00"`), command.ReasonInvalidOccurredAt, "ord-1"},

	{plus(`"metadata":{"a":1}`), command.ReasonInvalidMetadata, "ord-1"},
	{plus(`"metadata":{"a":"1","b":null}`), command.ReasonInvalidMetadata, "ord-1"},
	{plus(`"metadata":{"a":{"b":"c"}}`), command.ReasonInvalidMetadata, "ord-1"},
	{plus(`"metadata":{"a":["b"]}`), command.ReasonInvalidMetadata, "ord-1"},
	{plus(`"metadata":{"a":` + nested + `}`), command.ReasonInvalidMetadata, "ord-1"},
}
