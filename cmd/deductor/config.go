package main

import "github.com/spf13/cobra"

func newConfig() *cobra.Command {
	return group(&cobra.Command{
		Use:   "config",
		Short: "Check the configuration, and see where each value is from",
		Long: `Check a configuration file, show what every setting is and where its value is from,
and describe the file for editors.

A configuration file is YAML: the names of the flags, one a line, with their values.
It may hold settings that only other commands have, so one file serves them all.`,
		Example: "  deductor config lint deductor.yaml\n  deductor config show --config deductor.yaml",
	}, newConfigLint(), newConfigShow(), newConfigSchema())
}
