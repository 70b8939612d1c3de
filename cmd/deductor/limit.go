package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/pflag"
)

// limit is how much a command shows at most.
type limit int

// bind defines --limit. The usage says of what.
func (l *limit) bind(flags *pflag.FlagSet, most int, usage string) {
	*l = limit(most)
	flags.Var(l, "limit", usage)
}

// Set implements [pflag.Value].
func (l *limit) Set(value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return fmt.Errorf("%q is not a number above zero", value)
	}
	*l = limit(n)
	return nil
}

// String implements [pflag.Value].
func (l *limit) String() string { return strconv.Itoa(int(*l)) }

// Type implements [pflag.Value].
func (l *limit) Type() string { return "N" }
