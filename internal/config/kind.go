package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// Chooser is a [pflag.Value] that takes one of a few words.
type Chooser interface {
	Choices() []string
}

// choose sets a setting to the value, if that is one of its choices.
func choose[T ~string, P interface {
	*T
	Chooser
}](setting P, value string) error {
	if !slices.Contains(setting.Choices(), value) {
		return fmt.Errorf("%q is not one of %s", value, strings.Join(setting.Choices(), ", "))
	}
	*setting = T(value)
	return nil
}

// isList tells whether the setting is several values: a [pflag.Value] says so by a
// method List, or by pflag's own types for lists.
func isList(f *pflag.Flag) bool {
	switch f.Value.(type) {
	case interface{ List() }, pflag.SliceValue:
		return true
	}
	return false
}

// set gives a setting its value. What the strconv and time packages say of a value
// that does not fit is told in plain words.
func set(f *pflag.Flag, value string) error {
	err := f.Value.Set(value)
	if err == nil || !errors.Is(err, strconv.ErrSyntax) && f.Value.Type() != "duration" {
		return err
	}
	switch kind := f.Value.Type(); {
	case kind == "bool":
		return fmt.Errorf("%q is neither true nor false", value)
	case kind == "duration":
		return fmt.Errorf("%q is no length of time, such as 10s or 1m30s", value)
	case strings.HasPrefix(kind, "float"):
		return fmt.Errorf("%q is no number", value)
	case strings.HasPrefix(kind, "int"), strings.HasPrefix(kind, "uint"):
		return fmt.Errorf("%q is no whole number", value)
	}
	return err
}
