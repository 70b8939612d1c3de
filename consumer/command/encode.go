package command

import (
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"deductor/consumer/currency"
)

// Encode writes a command as a message, the amount in major units. Fields that hold what a message without
// them means are left out, and so are zero ones: CreditAccount and Attempt may be left zero to get their
// defaults.
//
// The error is the [*Rejection] that [Decode] would give for the message: what Encode returns is always a
// command.
func Encode(c Command) ([]byte, error) {
	message := appendString([]byte(`{"order_id":`), c.OrderID)
	message = appendString(append(message, `,"account":`...), c.Account)
	if c.CreditAccount != "" && c.CreditAccount != SettlementAccount(c.Currency) {
		message = appendString(append(message, `,"credit_account":`...), c.CreditAccount)
	}
	message = appendString(append(message, `,"amount":`...), currency.Format(c.Amount, c.Currency))
	message = appendString(append(message, `,"currency":`...), c.Currency)
	if c.Attempt != 0 && c.Attempt != 1 {
		message = strconv.AppendInt(append(message, `,"attempt":`...), int64(c.Attempt), 10)
	}
	if !c.OccurredAt.IsZero() {
		at := c.OccurredAt.UTC().Format(time.RFC3339Nano)
		message = appendString(append(message, `,"occurred_at":`...), at)
	}
	message = append(message, '}')
	if _, rejection := Decode(message); rejection != nil {
		return nil, rejection
	}
	return message, nil
}

// appendString leaves a U+FFFD where the text is not UTF-8, which Decode refuses.
func appendString(message []byte, text string) []byte {
	message, _ = jsontext.AppendQuote(message, text)
	return message
}
