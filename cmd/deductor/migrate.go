package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"deductor/internal/config"
	"deductor/internal/migrate"
)

func newMigrate() *cobra.Command {
	return group(&cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's schema to what this version needs",
		Long: `Bring the database's schema to what this version needs, as the owner of the tables.
Workers never change it: they refuse to start when it is older or newer.`,
		Example: `  deductor migrate up
  deductor migrate sql --role deductor_worker | psql "$DEDUCTOR_DATABASE_URL"`,
	}, newMigrateUp(), newMigrateStatus(), newMigrateSQL())
}

func newMigrateUp() *cobra.Command {
	var db config.Database
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Run the migrations that are pending",
		Long: `Run the migrations that are pending, each in a transaction of its own. Doing it
again, or from several places at once, does no harm.`,
		Example: "  deductor migrate up",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conn, err := connect(cmd.Context(), &db)
			if err != nil {
				return err
			}
			defer closeDatabase(conn)
			ran, err := migrate.Up(cmd.Context(), conn)
			for _, m := range ran {
				fmt.Fprintf(cmd.OutOrStdout(), "applied %s\n", m.Migration)
			}
			if err == nil && len(ran) == 0 {
				_, err = fmt.Fprintln(cmd.OutOrStdout(), "nothing to do: the schema is up to date")
			}
			return err
		},
	}
	db.Bind(cmd.Flags())
	return cmd
}
