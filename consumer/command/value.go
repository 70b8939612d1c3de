package command

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"deductor/consumer/currency"
	"deductor/ledger"
)

// settlementAccounts holds the settlement account of each currency, so that naming it costs no allocation.
var settlementAccounts = func() map[string]string {
	accounts := map[string]string{}
	for _, code := range currency.Codes() {
		accounts[code] = SettlementAccount(code)
	}
	return accounts
}()

// currency reads the currency, and names its settlement account.
func (m *message) currency() (code, settlementAccount string) {
	if !m.has(fieldCurrency) {
		return "", ""
	}
	text := m.text(fieldCurrency)
	account, known := settlementAccounts[string(text)]
	if !known {
		m.reject(ReasonUnknownCurrency,
			"currency %s is unknown; expected an ISO 4217 code such as \"USD\"", quote(text))
		return "", ""
	}
	return account[len(ledger.SettlementPrefix):], account
}

// amount reads the field amount, and returns it in minor units.
func (m *message) amount(code string) int64 {
	text := m.text(fieldAmount)
	minor, err := currency.Parse(string(text), code)
	if err != nil {
		m.reject(amountReason(err),
			"%v; expected an amount such as %q", err, currency.Format(1234, code))
		return 0
	}
	m.checkRange(fieldAmount, minor, code)
	return minor
}

func amountReason(err error) Reason {
	refused, _ := errors.AsType[*currency.AmountError](err) // the only error of currency.Parse
	switch {
	case refused.Kind == currency.TooManyDigits:
		return ReasonAmountPrecision
	case refused.Kind == currency.TooLarge && strings.HasPrefix(refused.Amount, "-"):
		return ReasonAmountNotPositive
	case refused.Kind == currency.TooLarge:
		return ReasonAmountTooLarge
	}
	return ReasonAmountSyntax
}

// amountMinor reads the field amount_minor.
func (m *message) amountMinor(code string) int64 {
	literal := m.raw[fieldAmountMinor]
	if bytes.ContainsAny(literal, ".eE") {
		m.reject(ReasonAmountSyntax,
			"amount_minor %s is not an integer; expected digits only, such as 1234", quote(literal))
		return 0
	}
	minor, _ := strconv.ParseInt(string(literal), 10, 64) // beyond the range, it gives the nearest bound
	m.checkRange(fieldAmountMinor, minor, code)
	return minor
}

func (m *message) checkRange(f field, minor int64, code string) {
	switch {
	case minor <= 0:
		m.reject(ReasonAmountNotPositive, "%s %s is not above zero; expected at least %s %s",
			f, m.show(f), currency.Format(1, code), code)
	case minor > currency.MaxMinor:
		m.reject(ReasonAmountTooLarge, "%s %s is too large; expected at most %s %s",
			f, m.show(f), currency.Format(currency.MaxMinor, code), code)
	}
}

// attempt reads the field attempt.
func (m *message) attempt() int32 {
	literal := m.raw[fieldAttempt]
	attempt, err := strconv.ParseInt(string(literal), 10, 32)
	if err != nil || attempt < 1 {
		m.reject(ReasonInvalidAttempt,
			"attempt %s is not valid; expected an integer from 1 to %d", quote(literal), math.MaxInt32)
	}
	return int32(attempt)
}

// occurredAt reads the field occurred_at.
func (m *message) occurredAt() time.Time {
	text := m.text(fieldOccurredAt)
	at, err := time.Parse(time.RFC3339, string(text))
	at = at.UTC()
	if err != nil || !isStrictTime(text) || at.Year() < 1 || at.Year() > 9999 {
		m.reject(ReasonInvalidOccurredAt,
			"occurred_at %s is not valid; expected RFC 3339 such as %q, in years 1 to 9999",
			quote(text), "2026-01-31T23:59:59Z")
		return time.Time{}
	}
	return at
}

// isStrictTime holds a text that time.Parse took for RFC 3339 against what it lets through beyond that: an
// hour of one digit, a comma before the fraction, a zone a day or more or an hour's minutes away.
func isStrictTime(text []byte) bool {
	if text[len("2006-01-02T15")] != ':' || bytes.IndexByte(text, ',') >= 0 {
		return false
	}
	zone := text[len(text)-len("07:00"):]
	return text[len(text)-1] == 'Z' || string(zone[:2]) < "24" && string(zone[3:]) < "60"
}

// checkMetadata reads the field metadata, whose values must be strings.
func (m *message) checkMetadata() {
	if m.plain {
		return // they are
	}
	d := m.decoder
	d.reset(m.raw[fieldMetadata])
	_, err := d.json.ReadToken()
	for err == nil && d.json.PeekKind() == jsontext.KindString {
		err = d.json.SkipValue() // a name or a value
	}
	if kind := d.json.PeekKind(); err != nil || kind != jsontext.KindEndObject {
		name := d.json.StackPointer().LastToken()
		m.reject(ReasonInvalidMetadata,
			"metadata %s is %s; expected a JSON string", quote(name), kindName(kind))
	}
}
