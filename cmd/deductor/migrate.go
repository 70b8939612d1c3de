package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"deductor/internal/config"
	"deductor/internal/migrate"
	"deductor/internal/pgclose"
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
	var role string
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Run the migrations that are pending",
		Long: `Run the migrations that are pending, each in a transaction of its own. Doing it
again, or from several places at once, does no harm.

With --role, then give a worker's role what it needs, and no more: the statements
that migrate sql --role prints. The role must exist.`,
		Example: "  deductor migrate up\n  deductor migrate up --role deductor_worker",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("role") && role == "" {
				return usagef("--role is empty: name the worker's role")
			}
			conn, err := connect(cmd.Context(), &db)
			if err != nil {
				return err
			}
			defer pgclose.Conn(conn)
			ran, err := migrate.Up(cmd.Context(), conn)
			for _, m := range ran {
				fmt.Fprintf(cmd.OutOrStdout(), "applied %s\n", m.Migration)
			}
			if err == nil && len(ran) == 0 {
				_, err = fmt.Fprintln(cmd.OutOrStdout(), "nothing to do: the schema is up to date")
			}
			if err != nil || role == "" {
				return err
			}
			if err := migrate.Grant(cmd.Context(), conn, role); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "granted role %s what workers need\n", printable(role))
			return err
		},
	}
	db.Bind(cmd.Flags())
	cmd.Flags().StringVar(&role, "role", "", "then give the worker's `ROLE` what it needs")
	return cmd
}
