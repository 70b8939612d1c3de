package main

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

func TestPrintable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                 "",
		"Zoë \"Z\" \\ 字 😀": "Zoë \"Z\" \\ 字 😀",
		"a\tb":             `"a\tb"`,
		"\x1b[2J":          `"\x1b[2J"`,
		"\u009b":           `"\u009b"`,
		"\u202e":           `"\u202e"`,
		"\xff":             `"\xff"`,
	} {
		if got := printable(text); got != want {
			t.Errorf("%q is shown as %s, want %s", text, got, want)
		}
	}
}

func TestJSONTextIsPrintableAndTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text") + string(rapid.Rune().Draw(t, "rune"))
		encoded, err := json.Marshal(jsonText(text))
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsFunc(string(encoded), func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Fatalf("%q is written as %q", text, encoded)
		}
		var again jsonText
		if err := json.Unmarshal(encoded, &again); err != nil || string(again) != text {
			t.Fatalf("%q is written as %s, which is read as %q, %v", text, encoded, again, err)
		}
	})
}
