package main

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"deductor/internal/config"
)

// process is what a command has from the outside.
type process struct {
	args           []string
	environ        []string // NAME=VALUE each
	stdin          io.Reader
	stdout, stderr io.Writer
}

// execute runs the command that the arguments name, tells its error, and
// returns the exit code.
func execute(ctx context.Context, p process) int {
	begun := false
	var settings *config.Resolution
	root := newRoot(p)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		// Cobra would look at flags that belong together only after this.
		err := cmp.Or(cmd.ValidateRequiredFlags(), cmd.ValidateFlagGroups())
		if err == nil {
			settings, err = resolve(cmd, p)
		}
		begun = err == nil
		return err
	}
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if !begun {
		err = usage(err) // cobra refused the command line, or Resolve the settings
	}
	fmt.Fprintf(p.stderr, "deductor: %s\n", message(ctx, locate(settings, err)))
	return exitCode(err)
}

// newRoot returns all commands, to run as p.
func newRoot(p process) *cobra.Command {
	root := &cobra.Command{
		Use:   "deductor",
		Short: "Debit every order exactly once",
		Long: `Deductor reads payment commands from a Kafka topic and debits each order exactly
once in Postgres, whatever is delivered again, replayed, or killed half-way.

Settings are flags, or environment variables of the same names, or lines of the YAML
file that --config names: --kafka-brokers is DEDUCTOR_KAFKA_BROKERS and kafka-brokers:.
A flag wins over a variable, and that over the file. For a secret, the same with _FILE
(in YAML -file) names a file that holds it. Data goes to stdout, everything else to
stderr.

Exit codes: 0 ok, 1 error, 2 wrong usage, 3 a verification failed, 4 refused,
5 done in part.`,
		Example: `  deductor demo
  deductor migrate up
  deductor run --config deductor.yaml`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetArgs(p.args)
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.SetVersionTemplate("deductor {{.Version}}\n")
	for _, newCommand := range commands {
		root.AddCommand(newCommand())
	}
	describeCompletion(root)
	each(root, bindFile)
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	if completing(p.args) {
		each(root, completeFlags)
	}
	return root
}
