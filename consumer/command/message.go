package command

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// message is a JSON object with no names but those of fields, on its way to a command.
type message struct {
	decoder   *Decoder
	raw       [fieldCount]jsontext.Value // nil for a field that is not there
	plain     bool                       // raw is as splitPlain takes it
	rejection *Rejection                 // of the first check that failed; later ones change nothing
}

func (m *message) reject(reason Reason, format string, args ...any) {
	if m.rejection == nil {
		m.rejection = reject(reason, format, args...)
	}
}

// has reports whether there is a field to read, and still a reason to.
func (m *message) has(f field) bool {
	return m.raw[f] != nil && m.rejection == nil
}

// text is that of a field that holds a string; it is good until the next call.
func (m *message) text(f field) []byte {
	if m.plain {
		return m.raw[f][1 : len(m.raw[f])-1]
	}
	return m.decoder.unquote(m.raw[f])
}

// show quotes the value of a field: the text of a string, the JSON of anything else.
func (m *message) show(f field) string {
	if m.raw[f].Kind() == jsontext.KindString {
		return quote(m.text(f))
	}
	return quote(m.raw[f])
}

// command reads the fields; what it returns is a command only if there is no rejection.
func (m *message) command() Command {
	m.checkPresence()
	if !m.plain {
		m.checkTypes()
	}
	c := Command{
		OrderID: m.name(fieldOrderID, ReasonInvalidOrderID),
		Account: m.name(fieldAccount, ReasonInvalidAccount),
		Attempt: 1,
	}
	c.Currency, c.CreditAccount = m.currency()
	if m.has(fieldCreditAccount) {
		c.CreditAccount = m.name(fieldCreditAccount, ReasonInvalidCreditAccount)
	}
	if c.Account == c.CreditAccount {
		m.reject(ReasonSameAccount,
			"account and credit_account are both %s; expected two accounts", quote(c.Account))
	}
	if m.has(fieldAmount) {
		c.Amount = m.amount(c.Currency)
	}
	if m.has(fieldAmountMinor) {
		c.Amount = m.amountMinor(c.Currency)
	}
	if m.has(fieldAttempt) {
		c.Attempt = m.attempt()
	}
	if m.has(fieldOccurredAt) {
		c.OccurredAt = m.occurredAt()
	}
	if m.has(fieldMetadata) {
		m.checkMetadata()
	}
	return c
}

func (m *message) checkPresence() {
	var missing []string
	for _, f := range [...]field{fieldOrderID, fieldAccount, fieldCurrency} {
		if m.raw[f] == nil {
			missing = append(missing, f.String())
		}
	}
	hasAmount, hasMinor := m.raw[fieldAmount] != nil, m.raw[fieldAmountMinor] != nil
	switch {
	case len(missing) > 0:
		m.reject(ReasonMissingField, "missing %s; expected it in every message", strings.Join(missing, ", "))
	case !hasAmount && !hasMinor:
		m.reject(ReasonAmountMissing, "missing amount or amount_minor; expected one of them")
	case hasAmount && hasMinor:
		m.reject(ReasonAmountAmbiguous, "amount %s and amount_minor %s are both there; expected one of them",
			m.show(fieldAmount), m.show(fieldAmountMinor))
	}
}

func (m *message) checkTypes() {
	for f, raw := range m.raw {
		if raw == nil {
			continue
		}
		if got, want := raw.Kind(), fieldKinds[f]; got != want {
			m.reject(ReasonWrongType, "%s %s is %s; expected %s",
				field(f), m.show(field(f)), kindName(got), kindName(want))
		}
	}
}
