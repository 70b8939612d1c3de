package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deductor/internal/bench"
	"deductor/internal/config"
	"deductor/ledger"
)

// completing tells whether a shell asks what could come next. Only then do the
// flags need to say it: cobra keeps what they say for as long as the process lives.
func completing(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// words are what flags take that are plain text to the program, by the command
// and the flag.
var words = map[string][]string{
	"deductor account create --kind":   {string(ledger.Customer), string(ledger.Settlement)},
	"deductor bench --only":            bench.Parts(),
	"deductor deadletter list --state": {"open", "requeued", "discarded", "all"},
	"deductor partition adopt --at":    {"committed", "earliest", "latest"},
}

// completeFlags says what a command's flags take, unless the command does: one of
// some words, or a file. Of others no shell can know.
func completeFlags(cmd *cobra.Command) {
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if _, said := cmd.GetFlagCompletionFunc(f.Name); said {
			return
		}
		complete := completion(f)
		if choices := words[cmd.CommandPath()+" --"+f.Name]; choices != nil {
			complete = cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp)
		}
		if complete == nil {
			return
		}
		if err := cmd.RegisterFlagCompletionFunc(f.Name, complete); err != nil {
			panic(err) // the flag is the command's, and had none
		}
	})
}

// completion says what a flag takes; nil when no shell can know.
func completion(f *pflag.Flag) cobra.CompletionFunc {
	if chooser, chooses := f.Value.(config.Chooser); chooses {
		return cobra.FixedCompletions(chooser.Choices(), cobra.ShellCompDirectiveNoFileComp)
	}
	placeholder, _ := pflag.UnquoteUsage(f)
	switch {
	case f.Name == "config":
		return cobra.FixedCompletions([]string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt)
	case placeholder == "FILE" || placeholder == "DIR":
		return files
	}
	return nil
}

// files completes names of files.
var files = cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)
