package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deductor/internal/config"
	printing "deductor/internal/printable"
)

// bindFile gives a command that has settings the flag that names their file.
func bindFile(cmd *cobra.Command) {
	settings := false
	cmd.Flags().VisitAll(func(f *pflag.Flag) { settings = settings || config.IsSetting(f) })
	if settings && cmd.Flags().Lookup("config") == nil {
		config.BindFile(cmd.Flags())
	}
}

// resolutionKey is the context's of where the settings' values are from.
type resolutionKey struct{}

// resolve gives the command's settings their values, and tells what should be
// otherwise.
func resolve(cmd *cobra.Command, p process) (*config.Resolution, error) {
	found, err := config.Resolver{Environ: p.environ}.Resolve(cmd.Flags())
	for _, warning := range found.Warnings {
		fmt.Fprintf(p.stderr, "deductor: warning: %s\n", printing.Text(warning))
	}
	cmd.SetContext(context.WithValue(cmd.Context(), resolutionKey{}, found))
	return found, err
}

// locate is [config.Resolution.Locate] for an error that has an exit code.
func locate(settings *config.Resolution, err error) error {
	var exit *exitError
	if errors.As(err, &exit) {
		return &exitError{exit.code, settings.Locate(exit.err)}
	}
	return settings.Locate(err)
}
