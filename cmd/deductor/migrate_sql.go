package main

import (
	"github.com/spf13/cobra"

	"deductor/internal/config"
	"deductor/internal/migrate"
	"deductor/internal/pgclose"
)

func newMigrateSQL() *cobra.Command {
	var db config.Database
	var role string
	var pending bool
	cmd := &cobra.Command{
		Use:   "sql",
		Short: "Print the migrations, or a worker's grants, as SQL",
		Long: `Print the migrations as a script for psql, for those who let no program change
their schema; migrate status agrees with it afterwards.

With --role, print the statements that give a worker's role what it needs, and no
more. The role must exist; on a schema other than public it also needs USAGE.`,
		Example: `  deductor migrate sql > schema.sql
  deductor migrate sql --pending
  deductor migrate sql --role deductor_worker`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case cmd.Flags().Changed("role") && role == "":
				return usagef("--role is empty: name the worker's role")
			case role != "":
				return migrate.Grants(cmd.OutOrStdout(), role)
			case !pending:
				return migrate.SQL(cmd.OutOrStdout(), nil)
			}
			conn, err := connect(cmd.Context(), &db)
			if err != nil {
				return err
			}
			defer pgclose.Conn(conn)
			states, err := migrate.Status(cmd.Context(), conn)
			if err != nil {
				return err
			}
			return migrate.SQL(cmd.OutOrStdout(), states)
		},
	}
	db.BindOptional(cmd.Flags())
	cmd.Flags().StringVar(&role, "role", "", "print the grants of the worker's `ROLE` instead")
	cmd.Flags().BoolVar(&pending, "pending", false, "only the migrations that the database lacks")
	cmd.MarkFlagsMutuallyExclusive("role", "pending")
	return cmd
}
