package config

import (
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/pflag"

	"deductor/internal/printable"
)

// Log says what is logged, and how.
type Log struct {
	// Level is the least one that is logged. Defaults to info.
	Level slog.Level
	// Format is json, text, or auto: text on a terminal, json elsewhere.
	Format LogFormat
}

// silent is for commands that say in their error what went wrong.
var silent = slog.New(slog.DiscardHandler)

// Bind defines the flags.
func (l *Log) Bind(flags *pflag.FlagSet) {
	flags.Var((*logLevel)(&l.Level), "log-level", "least level to log: debug, info, warn or error")
	l.Format = "auto"
	flags.Var(&l.Format, "log-format", "json, text, or auto: text on a terminal, json elsewhere")
	optional(flags, "log-level", "log-format")
}

// Logger returns a logger that writes to w: one line an entry, whatever stands
// in it. The handlers of slog escape ends of lines; JSON's leaves the controls
// above ASCII and what turns the direction of writing.
func (l *Log) Logger(w io.Writer, terminal bool) *slog.Logger {
	w = printable.Writer{To: w}
	options := &slog.HandlerOptions{Level: l.Level}
	if l.Format == "text" || l.Format == "auto" && terminal {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// logLevel reads a level as slog does, and writes it as it is documented.
type logLevel slog.Level

// Set implements [pflag.Value].
func (l *logLevel) Set(value string) error { return (*slog.Level)(l).UnmarshalText([]byte(value)) }

// String implements [pflag.Value].
func (l *logLevel) String() string { return strings.ToLower(slog.Level(*l).String()) }

// Type implements [pflag.Value].
func (l *logLevel) Type() string { return "LEVEL" }

// Choices implements [Chooser].
func (l *logLevel) Choices() []string { return []string{"debug", "info", "warn", "error"} }

// LogFormat is json, text or auto.
type LogFormat string

// Set implements [pflag.Value].
func (f *LogFormat) Set(value string) error {
	return choose(f, value)
}

// Choices implements [Chooser].
func (f *LogFormat) Choices() []string { return []string{"json", "text", "auto"} }

// String implements [pflag.Value].
func (f *LogFormat) String() string { return string(*f) }

// Type implements [pflag.Value].
func (f *LogFormat) Type() string { return "FORMAT" }
