package command_test

import (
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/unicode/norm"

	"deductor/consumer/command"
	"deductor/consumer/currency"
)

var (
	decimal  = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)
	integer  = regexp.MustCompile(`^-?[0-9]+$`)
	dateTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)
)

type fields map[string]jsontext.Value

// slowDecode reads a message as plainly as can be, to hold Decode against. The reasons are none for a
// command, and several where Decode goes by the order of the text.
func slowDecode(value []byte) (c command.Command, reasons []command.Reason) {
	anyNames := jsontext.AllowDuplicateNames(true)
	text := jsontext.Value(value)
	switch {
	case len(value) == 0:
		return c, []command.Reason{command.ReasonEmptyValue}
	case len(value) > 1<<20:
		return c, []command.Reason{command.ReasonValueTooLarge}
	case !text.IsValid(anyNames):
		return c, []command.Reason{command.ReasonInvalidJSON}
	case text.Kind() != '{':
		return c, []command.Reason{command.ReasonWrongType}
	}
	f := fields{}
	if err := json.Unmarshal(value, &f, anyNames); err != nil {
		panic(err)
	}
	for name := range f {
		if slowKind(name) == 0 {
			reasons = []command.Reason{command.ReasonUnknownField}
		}
	}
	if !text.IsValid() {
		reasons = append(reasons, command.ReasonDuplicateField)
	}
	if reasons != nil {
		return c, reasons
	}
	c, reason := f.command()
	if reason != "" {
		return command.Command{}, []command.Reason{reason}
	}
	return c, nil
}

func slowKind(name string) jsontext.Kind {
	switch name {
	case "order_id", "account", "currency", "credit_account", "amount", "occurred_at":
		return '"'
	case "amount_minor", "attempt":
		return '0'
	case "metadata":
		return '{'
	}
	return 0
}

func (f fields) has(names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return f[name] == nil })
}

func (f fields) text(name string) (s string) {
	if f.has(name) {
		if err := json.Unmarshal(f[name], &s); err != nil {
			panic(err)
		}
	}
	return s
}

func (f fields) command() (c command.Command, reason command.Reason) {
	switch {
	case !f.has("order_id", "account", "currency"):
		return c, command.ReasonMissingField
	case f.has("amount", "amount_minor"):
		return c, command.ReasonAmountAmbiguous
	case !f.has("amount") && !f.has("amount_minor"):
		return c, command.ReasonAmountMissing
	}
	for name, value := range f {
		if value.Kind() != slowKind(name) {
			return c, command.ReasonWrongType
		}
	}
	c = command.Command{
		OrderID: f.text("order_id"), Account: f.text("account"), Currency: f.text("currency"),
		CreditAccount: "settlement:" + f.text("currency"), Attempt: 1,
	}
	if f.has("credit_account") {
		c.CreditAccount = f.text("credit_account")
	}
	switch {
	case !isName(c.OrderID):
		return c, command.ReasonInvalidOrderID
	case !isName(c.Account):
		return c, command.ReasonInvalidAccount
	case !slices.Contains(currency.Codes(), c.Currency):
		return c, command.ReasonUnknownCurrency
	case !isName(c.CreditAccount):
		return c, command.ReasonInvalidCreditAccount
	case c.Account == c.CreditAccount:
		return c, command.ReasonSameAccount
	}
	if c.Amount, reason = f.amount(c.Currency); reason != "" {
		return c, reason
	}
	return c, f.rest(&c)
}

func isName(s string) bool {
	forbidden := func(r rune) bool { return unicode.Is(unicode.Cc, r) || r == '\ufffd' }
	return len(s) >= 1 && len(s) <= 128 && norm.NFC.String(s) == s && !strings.ContainsFunc(s, forbidden)
}

// amount computes in fractions, so nothing overflows.
func (f fields) amount(code string) (minor int64, reason command.Reason) {
	text, pattern, digits := string(f["amount_minor"]), integer, 0
	if f.has("amount") {
		text, pattern = f.text("amount"), decimal
		digits, _ = currency.Digits(code)
	}
	if !pattern.MatchString(text) {
		return 0, command.ReasonAmountSyntax
	}
	value, _ := new(big.Rat).SetString(text)
	_, fraction, _ := strings.Cut(text, ".")
	value.Mul(value, new(big.Rat).SetInt64([]int64{1, 10, 100, 1000, 10_000}[digits]))
	switch {
	case len(fraction) > digits:
		return 0, command.ReasonAmountPrecision
	case f.has("amount") && value.Sign() == 0 && text[0] == '-':
		return 0, command.ReasonAmountSyntax
	case value.Sign() <= 0:
		return 0, command.ReasonAmountNotPositive
	case value.Cmp(new(big.Rat).SetInt64(1_000_000_000_000_000)) > 0:
		return 0, command.ReasonAmountTooLarge
	}
	return value.Num().Int64(), ""
}

func (f fields) rest(c *command.Command) command.Reason {
	if f.has("attempt") {
		attempt, ok := new(big.Int).SetString(string(f["attempt"]), 10)
		if !ok || attempt.Sign() <= 0 || attempt.BitLen() > 31 {
			return command.ReasonInvalidAttempt
		}
		c.Attempt = int32(attempt.Int64())
	}
	if f.has("occurred_at") {
		at, err := time.Parse(time.RFC3339Nano, f.text("occurred_at"))
		c.OccurredAt = at.UTC()
		inRange := c.OccurredAt.Year() >= 1 && c.OccurredAt.Year() <= 9999
		if err != nil || !inRange || !dateTime.MatchString(f.text("occurred_at")) {
			return command.ReasonInvalidOccurredAt
		}
	}
	if f.has("metadata") {
		var members map[string]jsontext.Value
		if err := json.Unmarshal(f["metadata"], &members); err != nil {
			panic(err)
		}
		for _, member := range members {
			if member.Kind() != '"' {
				return command.ReasonInvalidMetadata
			}
		}
	}
	return ""
}
