// Package printable keeps text that came from outside from being more than
// text: a line that looks like another, or what a terminal takes for a command.
package printable

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Text returns text as it is when all of it can be seen, and quoted with escapes
// when a terminal might take some of it for more than text: on one line always.
func Text(text string) string {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unprintable) {
		return strconv.Quote(text)
	}
	return text
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// Lines escapes all that cannot be seen but the ends of lines, as JSON does:
// what was JSON still is, and says the same.
func Lines(text []byte) []byte {
	var safe []byte
	for _, r := range string(text) {
		if r == '\n' || !unprintable(r) {
			safe = utf8.AppendRune(safe, r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			safe = fmt.Appendf(safe, `\u%04x`, unit)
		}
	}
	return safe
}

// Writer writes to another what [Lines] makes of each Write, which has to hold
// whole characters.
type Writer struct{ To io.Writer }

// Write implements [io.Writer].
func (w Writer) Write(p []byte) (int, error) {
	if _, err := w.To.Write(Lines(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}
