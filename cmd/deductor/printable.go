package main

import (
	"encoding/json"

	printing "deductor/internal/printable"
)

// printable returns text as it is when all of it can be seen, and quoted with
// escapes when a terminal might take some of it for more than text.
func printable(text string) string { return printing.Text(text) }

// jsonText is text that came from outside. encoding/json leaves DEL, the C1
// controls and characters that turn the direction of writing as they are; here
// they are escaped too, so that a terminal shows them.
type jsonText string

// MarshalJSON implements [json.Marshaler].
func (t jsonText) MarshalJSON() ([]byte, error) {
	encoded, err := json.Marshal(string(t))
	return printing.Lines(encoded), err
}
