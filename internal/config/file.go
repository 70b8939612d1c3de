package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"
)

const fileFlag = "config"

// BindFile defines the flag that names the configuration file. It is a setting
// too, DEDUCTOR_CONFIG, but none that a file can have.
func BindFile(flags *pflag.FlagSet) {
	flags.String(fileFlag, "", "YAML `FILE` with settings, under the names of their flags")
	optional(flags, fileFlag)
}

// File is a configuration file that was read.
type File struct {
	// Name is its path, as it was given.
	Name     string
	entries  map[string]entry
	problems []Problem // those of the file by itself
	exposed  bool      // others on the host may read it
}

// OpenError says why a configuration file can't be read.
type OpenError struct {
	File string
	Err  error
}

// Error names the file.
func (e *OpenError) Error() string { return fmt.Sprintf("configuration file %q: %v", e.File, e.Err) }

// Unwrap returns what is wrong.
func (e *OpenError) Unwrap() error { return e.Err }

// maxFile bounds what is read of a file, in bytes: all settings take a few
// hundred, and a wrong path may lead to anything.
const maxFile = 64 << 10

// ReadFile reads a configuration file. The error is an [*OpenError]: what is
// wrong in the file is found out by [File.Lint] and by [Resolver.Resolve].
func ReadFile(name string) (*File, error) {
	opened, err := os.Open(name) //nolint:gosec // the user says which file
	if err != nil {
		return nil, &OpenError{name, withoutPath(err)}
	}
	defer opened.Close()
	content, err := io.ReadAll(io.LimitReader(opened, maxFile+1))
	if err != nil {
		return nil, &OpenError{name, withoutPath(err)}
	}
	if len(content) > maxFile {
		return nil, &OpenError{name, fmt.Errorf("it has more than %d bytes: that is no list of settings", maxFile)}
	}
	info, err := opened.Stat()
	if err != nil {
		return nil, &OpenError{name, withoutPath(err)}
	}
	f := newFile(name, content)
	f.exposed = info.Mode().IsRegular() && info.Mode().Perm()&0o004 != 0
	return f, nil
}

func newFile(name string, content []byte) *File {
	f := &File{Name: name, entries: make(map[string]entry)}
	entries, problems := parse(bytes.TrimPrefix(content, []byte("\ufeff"))) // a mark that editors leave
	f.problems = problems
	for _, e := range entries {
		if first, twice := f.entries[e.key]; twice {
			f.problems = append(f.problems, problem(e.keyAt, printableKey(e.key),
				fmt.Errorf("it is given twice, first in line %d: leave one of the two out", first.keyAt.line)))
			continue
		}
		f.entries[e.key] = e
	}
	return f
}

// secretSuffix makes the name of a secret the name of the file that holds it.
const secretSuffix = "-file"

// check returns what is wrong with the file for whoever knows all settings:
// what it says by itself, names that there are not, and secrets given twice.
func (f *File) check(known *pflag.FlagSet) []Problem {
	problems := append([]Problem(nil), f.problems...)
	for key, e := range f.entries {
		flag := settingOf(known, key)
		if flag == nil {
			problems = append(problems, problem(e.keyAt, "", unknownKey(known, key)))
			continue
		}
		if e.list && e.value != "" && !isList(flag) {
			problems = append(problems, problem(e.at, key, errors.New("it is one value, not a list")))
		}
		if other := f.entries[key+secretSuffix]; IsSecret(flag) && key == flag.Name && e.value != "" && other.value != "" {
			problems = append(problems, problem(other.keyAt, other.key,
				fmt.Errorf("%s is given, too: leave one of the two out", key)))
		}
	}
	return problems
}

// settingOf returns the setting that a key of the file is about; nil for none.
func settingOf(known *pflag.FlagSet, key string) *pflag.Flag {
	if flag := known.Lookup(key); flag != nil && IsSetting(flag) && key != fileFlag {
		return flag
	}
	if n := len(key) - len(secretSuffix); n > 0 && key[n:] == secretSuffix {
		if flag := known.Lookup(key[:n]); flag != nil && IsSecret(flag) {
			return flag
		}
	}
	return nil
}

// value is what the file has for a setting, and where; "" for none. A secret may
// stand in another file that this one names.
func (f *File) value(flag *pflag.Flag) (string, Origin, error) {
	e, given := f.entries[flag.Name]
	secretFile := ""
	if IsSecret(flag) && e.value == "" {
		if e, given = f.entries[flag.Name+secretSuffix]; given {
			secretFile = e.value
		}
	}
	if !given || e.value == "" {
		return "", Origin{}, nil
	}
	origin := Origin{
		Source: FromFile, Name: f.Name, Line: e.at.line, Column: e.at.column, Key: e.key, SecretFile: secretFile,
	}
	if secretFile == "" {
		return e.value, origin, nil
	}
	value, err := readSecret(secretFile)
	if err != nil {
		err = fmt.Errorf("it names %q: %w", secretFile, err)
	}
	return value, origin, err
}

// warnings are what is no error and yet not as it should be.
func (f *File) warnings(known *pflag.FlagSet) []string {
	if !f.exposed {
		return nil
	}
	var warnings []string
	known.VisitAll(func(flag *pflag.Flag) {
		if e := f.entries[flag.Name]; IsSecret(flag) && e.value != "" {
			warnings = append(warnings, fmt.Sprintf("%s:%d:%d: %s is a secret, and everybody on this host may read the "+
				"file: chmod o-r it, or name a file with %s%s", f.Name, e.at.line, e.at.column, flag.Name, flag.Name,
				secretSuffix))
		}
	})
	return warnings
}
