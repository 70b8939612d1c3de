package command

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Rejection says why a value is not a command. It is an error, but [Decode] returns it as a pointer: compare
// that with nil before it becomes an error.
type Rejection struct {
	Reason  Reason
	Detail  string // one printable line: the field, its value (quoted, cut at 64 bytes), what is expected
	OrderID string // the message's order_id, if there is just one and it is valid, whatever else is wrong
	Account string // the message's account, likewise
}

func (r *Rejection) Error() string {
	return string(r.Reason) + ": " + r.Detail
}

func reject(reason Reason, format string, args ...any) *Rejection {
	return &Rejection{Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

// maxQuoted bounds what a rejection shows of a value, in bytes.
const maxQuoted = 64

// quote makes text from a message safe to log: on one line, printable, bounded.
func quote[Text ~string | ~[]byte](text Text) string {
	if len(text) <= maxQuoted {
		return strconv.Quote(string(text))
	}
	end := maxQuoted
	for end > maxQuoted-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return strconv.Quote(string(text[:end])) + "…"
}
