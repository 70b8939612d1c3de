package config

import "github.com/spf13/pflag"

// NotRequired lets a command do without settings that are required elsewhere. It
// asks for them by [Need] once it is known that it needs them.
func NotRequired(flags *pflag.FlagSet, names ...string) {
	for _, name := range names {
		delete(flags.Lookup(name).Annotations, isRequired)
	}
}

// Need returns a [*MissingError] when one of the settings has no value.
func Need(flags *pflag.FlagSet, names ...string) error {
	var missing []string
	for _, name := range names {
		if flags.Lookup(name).Value.String() == "" {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		return &MissingError{Flags: missing}
	}
	return nil
}
