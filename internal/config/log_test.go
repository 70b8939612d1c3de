package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestLogger(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		format   LogFormat
		terminal bool
		json     bool
	}{
		{"auto", true, false}, {"auto", false, true}, {"json", true, true}, {"text", false, false},
	} {
		var out bytes.Buffer
		settings := Log{Level: slog.LevelWarn, Format: test.format}
		log := settings.Logger(&out, test.terminal)
		log.Info("quiet")
		log.Warn("loud")
		if said := out.String(); strings.HasPrefix(said, "{") != test.json || strings.Count(said, "\n") != 1 {
			t.Errorf("%+v: %s", test, said)
		}
	}
}

func TestOwner(t *testing.T) {
	t.Parallel()
	named := Worker{Instance: "worker-1"}
	if name, err := named.Owner(); name != "worker-1" || err != nil {
		t.Errorf("got %q, %v", name, err)
	}
	if name, err := new(Worker).Owner(); !strings.Contains(name, "-") || err != nil {
		t.Errorf("without a name: %q, %v", name, err)
	}
}

// Whatever a producer, a broker or a database makes a worker log: it is one
// line, and nothing that a terminal takes for a command.
func TestLogLinesCannotBeForged(t *testing.T) {
	t.Parallel()
	forged := []string{
		"x\nlevel=INFO msg=\"paid\"", "x\r\n{\"msg\":\"paid\"}", "\x1b[2J\x1b[31mred", "\u009b31m",
		"x\u2028y\u2029z\u0085", "\u202epaid\u2066", "\ufeff\u200b\x00\x7f", "\xff\xfe", "tab\there\vend\f",
	}
	for _, format := range []LogFormat{"text", "json"} {
		for _, text := range forged {
			var out bytes.Buffer
			log := (&Log{Format: format}).Logger(&out, false)
			log.Warn("said "+text, "text", text, "error", errors.New(text), "list", []string{text}, text, 1,
				slog.Group("group", "value", text))
			said := out.String()
			line, ended := strings.CutSuffix(said, "\n")
			if !ended || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("%s: %q is logged as %q", format, text, said)
			}
			if format == "json" {
				var entry map[string]any
				if err := json.Unmarshal(out.Bytes(), &entry); err != nil {
					t.Errorf("%s: %v", said, err)
				}
				if want := strings.ToValidUTF8(text, "\ufffd"); utf8.ValidString(text) && entry["text"] != want {
					t.Errorf("%q is logged as %q", text, entry["text"])
				}
			}
		}
	}
}
