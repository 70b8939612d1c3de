package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"deductor/internal/config"
	"deductor/internal/pgclose"
	"deductor/ledger"
)

func newAccountList() *cobra.Command {
	var db config.Database
	var out output
	var most limit
	var after, prefix string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List accounts",
		Long:  "List accounts and what they hold now, in the order of their names (by their bytes).",
		Example: `  deductor account list
  deductor account list --prefix ali
  deductor account list --limit 1000 --after alice -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conn, err := openDatabase(cmd.Context(), &db)
			if err != nil {
				return err
			}
			defer pgclose.Conn(conn)
			found, err := ledger.ListByPrefix(cmd.Context(), conn, prefix, after, int(most))
			if err != nil {
				return err
			}
			if err := writeAccounts(cmd.OutOrStdout(), out, found); err != nil {
				return err
			}
			if len(found) == int(most) {
				fmt.Fprintf(cmd.ErrOrStderr(), "there may be more: go on with --after %q\n", found[len(found)-1].Name)
			}
			return nil
		},
	}
	db.Bind(cmd.Flags())
	out.bind(cmd.Flags())
	most.bind(cmd.Flags(), 100, "most accounts to list")
	cmd.Flags().StringVar(&prefix, "prefix", "", "list accounts whose names begin with `TEXT`")
	cmd.Flags().StringVar(&after, "after", "", "list accounts whose names come after `NAME`")
	return cmd
}

func writeAccounts(w io.Writer, out output, found []ledger.Account) error {
	views := make([]accountView, len(found))
	for i := range found {
		views[i] = viewAccount(found[i])
	}
	return out.write(w, views, func(w io.Writer) error {
		rows := make([][]string, len(views))
		for i, v := range views {
			rows[i] = []string{printable(string(v.Account)), v.Currency, v.Kind, v.Balance, v.OverdraftLimit,
				timeText(v.ClosedAt)}
		}
		return table(w, []string{"ACCOUNT", "CURRENCY", "KIND", "BALANCE", "OVERDRAFT LIMIT", "CLOSED"}, rows)
	})
}
