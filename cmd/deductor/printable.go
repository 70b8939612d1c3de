package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// printable returns text as it is when all of it can be seen, and quoted with
// escapes when a terminal might take some of it for more than text.
func printable(text string) string {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, isUnprintable) {
		return strconv.Quote(text)
	}
	return text
}

func isUnprintable(r rune) bool { return !unicode.IsPrint(r) }

// jsonText is text that came from outside. encoding/json leaves DEL, the C1
// controls and characters that turn the direction of writing as they are; here
// they are escaped too, so that a terminal shows them.
type jsonText string

// MarshalJSON implements [json.Marshaler].
func (t jsonText) MarshalJSON() ([]byte, error) {
	encoded, err := json.Marshal(string(t))
	return escapeUnprintable(encoded), err
}

// escapeUnprintable escapes what cannot be seen in the strings of a JSON text
// that has no white space between its tokens but spaces.
func escapeUnprintable(encoded []byte) []byte {
	var safe []byte
	for _, r := range string(encoded) {
		if !isUnprintable(r) {
			safe = utf8.AppendRune(safe, r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			safe = fmt.Appendf(safe, `\u%04x`, unit)
		}
	}
	return safe
}
