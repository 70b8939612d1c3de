package command_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"deductor/consumer/command"
)

func TestNameProblem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"alice":                  "",
		"settlement:USD":         "",
		" café \U0001f600 ":      "",
		strings.Repeat("é", 64):  "",
		"":                       "has 0 bytes; expected 1 to 128",
		strings.Repeat("x", 129): "has 129 bytes; expected 1 to 128",
		"a\x00":                  "has a control character; expected none",
		"a\u0085":                "has a control character; expected none",
		"a\xff":                  "has a U+FFFD, the mark of text lost in a conversion; expected none",
		"a\ufffd":                "has a U+FFFD, the mark of text lost in a conversion; expected none",
		"e\u0301":                `is not in Unicode normal form C; expected "` + "\u00e9" + `"`,
		strings.Repeat("e\u0301", 40): `is not in Unicode normal form C; expected "` +
			strings.Repeat("\u00e9", 32) + `"…`,
	} {
		if got := command.NameProblem(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestNameProblemAgreesWithDecode: an account that can be created can be named in a message, and no other.
func TestNameProblemAgreesWithDecode(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), names("name")).Draw(t, "name")
		c := command.Command{OrderID: "ord-1", Account: name, Amount: 1, Currency: "USD"}
		if _, err := command.Encode(c); (err == nil) != (command.NameProblem(name) == "") {
			t.Fatalf("%q: %q, but as an account %v", name, command.NameProblem(name), err)
		}
	})
}
