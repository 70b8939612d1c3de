package printable

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "Zoë \"Z\" \\ 字 😀": "Zoë \"Z\" \\ 字 😀", "a\tb": `"a\tb"`, "a\nb": `"a\nb"`,
		"\x1b[2J": `"\x1b[2J"`, "\u009b": `"\u009b"`, "\u202e": `"\u202e"`, "\u2028": `"\u2028"`, "\xff": `"\xff"`,
	} {
		if got := Text(text); got != want {
			t.Errorf("%q is shown as %s, want %s", text, got, want)
		}
	}
}

func TestLinesOfJSONAreTheSameJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text") + string(rapid.Rune().Draw(t, "rune"))
		encoded, err := json.MarshalIndent(map[string]string{"text": text}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		lines := Lines(encoded)
		if strings.ContainsFunc(strings.ReplaceAll(string(lines), "\n", ""), unprintable) ||
			bytes.Count(lines, []byte("\n")) != 2 {
			t.Fatalf("%q is written as %q", text, lines)
		}
		var again struct{ Text string }
		if err := json.Unmarshal(lines, &again); err != nil || again.Text != text {
			t.Fatalf("%q is written as %s, which is read as %q, %v", text, lines, again.Text, err)
		}
	})
}

func TestWriter(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if n, err := (Writer{&out}).Write([]byte("a\x1b\nb\u202e\n")); n != 8 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if out.String() != "a\\u001b\nb\\u202e\n" {
		t.Errorf("written was %q", &out)
	}
	if _, err := (Writer{closed{}}).Write([]byte("a")); !errors.Is(err, errClosed) {
		t.Errorf("got %v", err)
	}
}

type closed struct{}

var errClosed = errors.New("closed")

func (closed) Write([]byte) (int, error) { return 0, errClosed }
