package command_test

import (
	"strings"
	"testing"

	"deductor/consumer/command"
)

func TestNameProblem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"alice":                  "",
		"Zoë 1":                  "",
		strings.Repeat("a", 128): "",
		"":                       "has 0 bytes; expected 1 to 128",
		strings.Repeat("é", 65):  "has 130 bytes; expected 1 to 128",
		"a\tb":                   "has a control character; expected none",
		"\xff":                   "has a U+FFFD, the mark of text lost in a conversion; expected none",
		"e\u0301":                `is not in Unicode normal form C; expected "é"`,
	} {
		got := command.NameProblem(text)
		if got != want || (got == "") != isName(text) {
			t.Errorf("%q %s, want %q", text, got, want)
		}
	}
}
