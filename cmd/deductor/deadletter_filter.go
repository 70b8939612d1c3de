package main

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deductor/consumer/settle"
)

// letterFilter says which dead letters a command is about.
type letterFilter struct {
	wanted    settle.DeadLetterFilter
	partition int32
	from      int64
	all       bool
}

// letterFilters are the flags that narrow a set of dead letters.
var letterFilters = []string{"code", "order", "account", "topic", "partition", "from-id", "to-id"}

// bind defines the flags in letterFilters.
func (f *letterFilter) bind(flags *pflag.FlagSet) {
	f.wanted.State = settle.Open
	flags.StringVar(&f.wanted.Reason, "code", "", "those with this reason `CODE`")
	flags.StringVar(&f.wanted.OrderID, "order", "", "those with this order `ID`")
	flags.StringVar(&f.wanted.Account, "account", "", "those that name this `ACCOUNT` to debit")
	flags.StringVar(&f.wanted.Topic, "topic", "", "those of this `TOPIC`")
	flags.Int32Var(&f.partition, "partition", 0, "those of this partition `N`")
	flags.Int64Var(&f.from, "from-id", 0, "those whose ids are `ID` or above")
	flags.Int64Var(&f.wanted.To, "to-id", 0, "those whose ids are `ID` or below")
}

// bindAll defines --all, for a command that must be told which.
func (f *letterFilter) bindAll(flags *pflag.FlagSet) {
	flags.BoolVar(&f.all, "all", false, "all, without a filter")
}

// bindState defines --state.
func (f *letterFilter) bindState(flags *pflag.FlagSet) {
	flags.Var((*letterState)(&f.wanted.State), "state", "those in this state: open, requeued, discarded or all")
}

// narrowed returns the filter of the flags. A flag that is given must say
// something: an empty one, perhaps of an unset variable, would match all.
func (f *letterFilter) narrowed(cmd *cobra.Command) (settle.DeadLetterFilter, error) {
	for _, name := range []string{"code", "order", "account", "topic"} {
		if flag := cmd.Flags().Lookup(name); flag.Changed && flag.Value.String() == "" {
			return f.wanted, usagef("--%s is empty: leave it out to match all", name)
		}
	}
	for _, name := range []string{"from-id", "to-id"} {
		if flag := cmd.Flags().Lookup(name); flag.Changed {
			if _, err := letterID(flag.Value.String()); err != nil {
				return f.wanted, usagef("--%s: %w", name, err)
			}
		}
	}
	wanted := f.wanted
	if cmd.Flags().Changed("partition") {
		wanted.Partition = &f.partition
	}
	wanted.After = max(0, f.from-1)
	return wanted, nil
}

// choose returns the filter of the ids or, without any, of the flags: of one of
// them at least.
func (f *letterFilter) choose(cmd *cobra.Command, args []string) (settle.DeadLetterFilter, error) {
	narrow := slices.ContainsFunc(letterFilters, cmd.Flags().Changed)
	switch {
	case len(args) > 0 && (narrow || f.all):
		return f.wanted, usagef("give ids or filters, not both")
	case narrow && f.all:
		return f.wanted, usagef("--all goes without filters: leave it or them out")
	case len(args) == 0 && !narrow && !f.all:
		return f.wanted, usagef("say which dead letters: ids, a filter such as --code, or --all")
	case len(args) == 0:
		return f.narrowed(cmd)
	}
	var chosen settle.DeadLetterFilter
	for _, arg := range args {
		id, err := letterID(arg)
		if err != nil {
			return chosen, usage(err)
		}
		chosen.IDs = append(chosen.IDs, id)
	}
	return chosen, nil
}

// letterID reads the id of a dead letter.
func letterID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, fmt.Errorf("%q is not the id of a dead letter: deductor deadletter list has them", text)
	}
	return id, nil
}

// letterState is --state.
type letterState settle.LetterState

// Set implements [pflag.Value].
func (s *letterState) Set(value string) error {
	switch state := settle.LetterState(value); state {
	case settle.Open, settle.Requeued, settle.Discarded:
		*s = letterState(state)
	case "all":
		*s = ""
	default:
		return fmt.Errorf("%q is none of open, requeued, discarded, all", value)
	}
	return nil
}

// String implements [pflag.Value].
func (s *letterState) String() string {
	if *s == "" {
		return "all"
	}
	return string(*s)
}

// Type implements [pflag.Value].
func (s *letterState) Type() string { return "STATE" }
