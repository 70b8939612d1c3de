package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// group returns a command that only has others below it.
func group(cmd *cobra.Command, subcommands ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(subcommands...)
	cmd.SuggestionsMinimumDistance = 2
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		text := fmt.Sprintf("unknown command %q for %q", args[0], cmd.CommandPath())
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			text += ": did you mean " + strings.Join(near, " or ") + "?"
		}
		return usagef("%s", text)
	}
	return cmd
}

// describeCompletion makes cobra's completion command now, so that help and
// reference show it with an example as all others have.
func describeCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, completion := range root.Commands() {
		if completion.Name() != "completion" {
			continue
		}
		completion.Example = "  deductor completion bash > /etc/bash_completion.d/deductor\n" +
			"  deductor completion zsh > \"${fpath[1]}/_deductor\"\n" +
			"  deductor completion fish > ~/.config/fish/completions/deductor.fish"
		for _, shell := range completion.Commands() {
			shell.Example = "  deductor completion " + shell.Name()
		}
	}
}
