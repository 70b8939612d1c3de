package main

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"deductor/internal/config"
)

func newConfigSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print a JSON Schema of the configuration file",
		Long: `Print a JSON Schema (draft 2020-12) of the configuration file, made from the flags: with
it an editor completes names and marks mistakes. config lint checks more.`,
		Example: `  deductor config schema > deductor.schema.json
  # first line of deductor.yaml, for editors with a YAML language server:
  # yaml-language-server: $schema=deductor.schema.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(schema())
			return err
		},
	}
}

func schema() []byte {
	encoded, err := json.MarshalIndent(config.NewSchema(config.Known()), "", "  ")
	if err != nil {
		panic(err) // it holds nothing but text and numbers
	}
	return append(encoded, '\n')
}
