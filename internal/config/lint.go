package config

import (
	"errors"
	"slices"

	"github.com/spf13/pflag"
)

// Lint returns all that is wrong with the file, in the order of its lines, and
// what is no error and yet not as it should be. Values are checked by what reads
// them for a command. Settings that stand elsewhere are not missed.
func (f *File) Lint() (problems []Problem, warnings []string) {
	known, all := pflag.NewFlagSet("", pflag.ContinueOnError), new(All)
	all.Bind(known)
	problems = f.check(known)
	wrong := make(map[string]bool)
	known.VisitAll(func(flag *pflag.Flag) {
		value, origin, err := f.value(flag)
		if err == nil && value != "" {
			err = set(flag, value)
		}
		if err != nil {
			problems = append(problems, Problem{origin.Line, origin.Column, origin.Key, err})
			wrong[flag.Name] = true
		}
	})
	for _, err := range all.Validate() {
		var invalid *InvalidError
		if !errors.As(err, &invalid) || wrong[invalid.Flag] {
			continue
		}
		if flag := known.Lookup(invalid.Flag); flag != nil {
			if value, origin, _ := f.value(flag); value != "" {
				problems = append(problems, Problem{origin.Line, origin.Column, origin.Key, invalid.Err})
			}
		}
	}
	problems = slices.CompactFunc(sorted(problems), func(a, b Problem) bool {
		return a.Line == b.Line && a.Column == b.Column && a.text() == b.text()
	})
	return problems, f.warnings(known)
}
