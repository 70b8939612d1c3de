package config

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
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
