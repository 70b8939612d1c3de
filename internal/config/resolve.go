package config

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// EnvPrefix begins the name of every environment variable.
const EnvPrefix = "DEDUCTOR_"

// EnvName is the environment variable of the setting with this flag:
// DEDUCTOR_KAFKA_BROKERS for kafka-brokers.
func EnvName(flag string) string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// Annotations by which Resolve knows a setting among the flags.
const (
	isSetting  = "deductor_setting"
	isRequired = "deductor_required"
	isSecret   = "deductor_secret"
)

// optional makes flags settings that need not be given.
func optional(flags *pflag.FlagSet, names ...string) { annotate(flags, isSetting, names) }

// required makes flags settings that must have a value.
func required(flags *pflag.FlagSet, names ...string) {
	optional(flags, names...)
	annotate(flags, isRequired, names)
}

func annotate(flags *pflag.FlagSet, annotation string, names []string) {
	for _, name := range names {
		if err := flags.SetAnnotation(name, annotation, []string{"true"}); err != nil {
			panic(err) // the flag was not defined: a mistake in this package
		}
	}
}

// IsSetting tells whether the environment can set the flag, too.
func IsSetting(f *pflag.Flag) bool { return f.Annotations[isSetting] != nil }

// IsRequired tells whether the flag is a setting that must have a value.
func IsRequired(f *pflag.Flag) bool { return f.Annotations[isRequired] != nil }

// Resolve gives each setting that no flag was given for the value of its
// environment variable, or that of a secret's file. It returns an
// [*InvalidError] for a variable that does not fit its setting, a
// [*SecretFileError] for a file, and a [*MissingError] when required settings
// have no value.
func Resolve(flags *pflag.FlagSet, lookup func(name string) (string, bool)) error {
	var missing []string
	var invalid error
	flags.VisitAll(func(f *pflag.Flag) {
		if !IsSetting(f) || invalid != nil {
			return
		}
		value, err := fromEnvironment(f, lookup)
		if err != nil {
			invalid = err
			return
		}
		if !f.Changed && value != "" {
			if err := f.Value.Set(value); err != nil {
				invalid = &InvalidError{Flag: f.Name, Err: err}
				return
			}
		}
		if IsRequired(f) && f.Value.String() == "" {
			missing = append(missing, f.Name)
		}
	})
	switch {
	case invalid != nil:
		return invalid
	case missing != nil:
		return &MissingError{Flags: missing}
	}
	return nil
}

// InvalidError says that a setting has a value that does not fit it.
type InvalidError struct {
	// Flag is the setting's name.
	Flag string
	// Err says what is wrong with it; it never holds a secret.
	Err error
}

// Error names the flag and the variable: either may have been given.
func (e *InvalidError) Error() string {
	return fmt.Sprintf("--%s or %s: %v", e.Flag, EnvName(e.Flag), e.Err)
}

// Unwrap returns what is wrong.
func (e *InvalidError) Unwrap() error { return e.Err }

// MissingError says which required settings have no value.
type MissingError struct {
	// Flags are the settings' names.
	Flags []string
}

// Error names the flag and the variable of each.
func (e *MissingError) Error() string {
	ways := make([]string, len(e.Flags))
	for i, name := range e.Flags {
		ways[i] = fmt.Sprintf("--%s or %s", name, EnvName(name))
	}
	return "not configured: give " + strings.Join(ways, ", ")
}
