package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"deductor/consumer/settle"
	"deductor/internal/config"
)

func newAudit() *cobra.Command {
	var db config.Database
	var out output
	var most limit
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Prove that the books balance",
		Long: `Prove the books: each account's balance is its opening balance plus its transfers, no
customer is below the overdraft limit, debits equal credits in each currency, and
each applied order has its one transfer. All of it is read, as of one moment, while
workers go on. The exit code is 3 when something is wrong.`,
		Example: "  deductor audit\n  deductor audit -o json --limit 1000",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conn, err := openDatabase(cmd.Context(), &db)
			if err != nil {
				return err
			}
			defer closeDatabase(conn)
			checks, totals, err := settle.Audit(cmd.Context(), conn, int(most))
			if err != nil {
				return err
			}
			view := viewAudit(checks, totals)
			if err := out.write(cmd.OutOrStdout(), view, view.text); err != nil {
				return err
			}
			if !view.OK {
				return verificationFailed(fmt.Errorf("audit: the books are wrong: %s", strings.Join(view.failed(), ", ")))
			}
			return nil
		},
	}
	db.Bind(cmd.Flags())
	out.bind(cmd.Flags())
	most.bind(cmd.Flags(), 20, "most findings of each check")
	return cmd
}
