package config

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"
)

// Source is a kind of place that values come from.
type Source string

// Sources, the one that wins first.
const (
	FromFlag        Source = "flag"
	FromEnvironment Source = "variable"
	FromFile        Source = "file"
	FromDefault     Source = "default"
)

// Origin is where a setting's value is from.
type Origin struct {
	Source Source
	// Name is the flag, the variable or the file.
	Name string
	// Line and Column are the value's in the file, Key its name there.
	Line, Column int
	Key          string
	// SecretFile is the file that a variable or a key named, and that held the value.
	SecretFile string
}

// String names the place: --lanes, DEDUCTOR_LANES, deductor.yaml:3, default.
func (o Origin) String() string {
	text := o.Name
	switch o.Source {
	case FromFile:
		text = fmt.Sprintf("%s:%d", o.Name, o.Line)
	case FromDefault:
		text = string(FromDefault)
	}
	if o.SecretFile != "" {
		text += " → " + o.SecretFile
	}
	return text
}

// Resolution tells where the values of settings are from.
type Resolution struct {
	// File is the configuration file; nil without one.
	File *File
	// UnknownVariables says of each variable that begins with [EnvPrefix], and that
	// no setting of any command has, what was probably meant.
	UnknownVariables []string
	// Warnings are what should be otherwise and is no error, for a command that has
	// settings: UnknownVariables among them.
	Warnings []string
	origins  map[string]Origin
}

// Origin returns where the value of a setting is from.
func (r *Resolution) Origin(setting string) Origin {
	if origin, known := r.origins[setting]; known {
		return origin
	}
	return Origin{Source: FromDefault}
}

// readFile reads the file that the flag or the variable names, if any, for a
// command that has settings.
func (r *Resolution) readFile(flags *pflag.FlagSet, from *Resolver) error {
	flag := flags.Lookup(fileFlag)
	if flag == nil || !IsSetting(flag) {
		return nil
	}
	if err := r.resolve(flag, from.lookup, nil); err != nil {
		return err
	}
	name := flag.Value.String()
	if name == "" || !haveSettings(flags) {
		return nil
	}
	var err error
	if r.File, err = ReadFile(name); err != nil {
		return err
	}
	r.Warnings = append(r.Warnings, r.File.warnings(from.Known)...)
	return nil
}

// haveSettings tells whether there is a setting among the flags, and not only the
// one that names the file.
func haveSettings(flags *pflag.FlagSet) bool {
	some := false
	flags.VisitAll(func(f *pflag.Flag) { some = some || IsSetting(f) && f.Name != fileFlag })
	return some
}

// resolve gives a setting its value. What is wrong in the file, once there is
// one, is added to problems.
func (r *Resolution) resolve(f *pflag.Flag, lookup func(string) (string, bool), problems *[]Problem) error {
	if f.Changed {
		r.origins[f.Name] = Origin{Source: FromFlag, Name: "--" + f.Name}
		return nil
	}
	value, origin, err := fromEnvironment(f, lookup)
	switch {
	case err != nil:
		return err
	case value != "":
		r.origins[f.Name] = origin
		if err := set(f, value); err != nil {
			return &InvalidError{Flag: f.Name, Err: err}
		}
		return nil
	case r.File == nil:
		return nil
	}
	value, origin, err = r.File.value(f)
	if err == nil && value != "" {
		r.origins[f.Name] = origin
		err = set(f, value)
	}
	if err != nil {
		*problems = append(*problems, Problem{origin.Line, origin.Column, origin.Key, err})
	}
	return nil
}

// Locate returns a [*FileError] in place of an [*InvalidError] about a value that
// is from the file: its place is easier to find than its name. Other errors are
// returned as they are.
func (r *Resolution) Locate(err error) error {
	var invalid *InvalidError
	if r == nil || !errors.As(err, &invalid) {
		return err
	}
	origin := r.Origin(invalid.Flag)
	if origin.Source != FromFile {
		return err
	}
	return &FileError{origin.Name, []Problem{{origin.Line, origin.Column, origin.Key, invalid.Err}}}
}
