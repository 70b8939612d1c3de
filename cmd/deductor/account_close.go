package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"deductor/internal/config"
	"deductor/internal/pgclose"
	"deductor/ledger"
)

func newAccountClose() *cobra.Command {
	var db config.Database
	var out output
	cmd := &cobra.Command{
		Use:   "close NAME",
		Short: "Close an account",
		Long: `Close an account: from then on payments from and to it are declined with
account_closed, for good. It keeps its balance. Closing it again changes nothing.
Default settlement accounts (settlement:USD) are not closed.`,
		Example: "  deductor account close alice",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.HasPrefix(args[0], ledger.SettlementPrefix) {
				return refused(fmt.Errorf("account %q is credited by every payment that names no other: "+
					"closing it would decline them all, for good", args[0]))
			}
			conn, err := openDatabase(cmd.Context(), &db)
			if err != nil {
				return err
			}
			defer pgclose.Conn(conn)
			var account ledger.Account
			err = pgx.BeginFunc(cmd.Context(), conn, func(tx pgx.Tx) error {
				if err := ledger.Close(cmd.Context(), tx, args[0]); err != nil {
					return err
				}
				account, err = getAccount(cmd.Context(), tx, args[0])
				return err
			})
			if errors.Is(err, ledger.ErrAccountUnknown) {
				return unknownAccount(args[0], ledger.ErrAccountUnknown)
			}
			if err != nil {
				return err
			}
			return viewAccount(account).write(out, cmd.OutOrStdout())
		},
	}
	db.Bind(cmd.Flags())
	out.bind(cmd.Flags())
	return cmd
}
