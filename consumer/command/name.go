package command

import (
	"bytes"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/unicode/norm"
)

// MaxNameSize is the size of the longest order id or account name, in bytes.
const MaxNameSize = 128

// name reads an order id or an account.
func (m *message) name(f field, reason Reason) string {
	if !m.has(f) {
		return ""
	}
	text := m.text(f)
	if problem := nameProblem(text); problem != "" {
		m.reject(reason, "%s %s %s", f, quote(text), problem)
		return ""
	}
	return m.decoder.keep(text)
}

// readName returns an order id or an account for a rejection: empty if it is not there or not valid.
func (d *Decoder) readName(raw jsontext.Value) string {
	if raw.Kind() != jsontext.KindString {
		return ""
	}
	text := d.unquote(raw)
	if nameProblem(text) != "" {
		return ""
	}
	return string(text)
}

// NameProblem says what keeps text from being an order id or the name of an account, in words that follow the
// quoted text, such as "has a control character; expected none". It is empty if nothing does.
func NameProblem(text string) string {
	return nameProblem([]byte(text))
}

// nameProblem says what is wrong with the text of a name; it is empty if nothing is.
func nameProblem(text []byte) string {
	switch {
	case len(text) == 0 || len(text) > MaxNameSize:
		return "has " + strconv.Itoa(len(text)) + " bytes; expected 1 to " + strconv.Itoa(MaxNameSize)
	case isPrintableASCII(text):
		return ""
	case bytes.IndexFunc(text, unicode.IsControl) >= 0:
		return "has a control character; expected none"
	case bytes.ContainsRune(text, utf8.RuneError):
		return "has a U+FFFD, the mark of text lost in a conversion; expected none"
	case !norm.NFC.IsNormal(text):
		return "is not in Unicode normal form C; expected " + quote(norm.NFC.Bytes(text))
	}
	return ""
}

func isPrintableASCII(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}
