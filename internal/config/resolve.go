package config

import (
	"fmt"
	"slices"
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

// Resolver gives settings their values.
type Resolver struct {
	// Environ is the environment, NAME=VALUE each, as [os.Environ] has it.
	Environ []string
	// Known are all settings of the program: what else is named in a file is an
	// error and in the environment a warning, but not what is another command's.
	// Defaults to those of [All].
	Known *pflag.FlagSet
}

// Resolve gives each setting that no flag was given for the value of its
// environment variable, or else that of the configuration file, if --config or
// DEDUCTOR_CONFIG names one. It returns an [*OpenError] or a [*FileError] for the
// file, an [*InvalidError] for a variable that does not fit its setting, a
// [*SecretFileError] for a secret's file, and a [*MissingError] when required
// settings have no value.
func (r Resolver) Resolve(flags *pflag.FlagSet) (*Resolution, error) {
	if r.Known == nil {
		r.Known = Known()
	}
	found := &Resolution{UnknownVariables: r.unknownVariables(), origins: make(map[string]Origin)}
	if haveSettings(flags) {
		found.Warnings = slices.Clone(found.UnknownVariables)
	}
	if err := found.readFile(flags, &r); err != nil {
		return found, err
	}
	var missing []string
	var problems []Problem
	var invalid error
	flags.VisitAll(func(f *pflag.Flag) {
		if !IsSetting(f) || f.Name == fileFlag || invalid != nil {
			return
		}
		if invalid = found.resolve(f, r.lookup, &problems); IsRequired(f) && f.Value.String() == "" {
			missing = append(missing, f.Name)
		}
	})
	if found.File != nil {
		if err := fileError(found.File.Name, append(problems, found.File.check(r.Known)...)); err != nil {
			return found, err
		}
	}
	switch {
	case invalid != nil:
		return found, invalid
	case missing != nil:
		return found, &MissingError{Flags: missing}
	}
	return found, nil
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

// Error names the flag and the variable of each; the names in a configuration
// file are the flags'.
func (e *MissingError) Error() string {
	ways := make([]string, len(e.Flags))
	for i, name := range e.Flags {
		ways[i] = fmt.Sprintf("--%s or %s", name, EnvName(name))
	}
	return "not configured: give " + strings.Join(ways, ", ")
}
