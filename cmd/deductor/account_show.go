package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"deductor/internal/config"
	"deductor/internal/pgclose"
	"deductor/ledger"
)

func newAccountShow() *cobra.Command {
	var db config.Database
	var out output
	cmd := &cobra.Command{
		Use:     "show NAME",
		Short:   "Show an account",
		Long:    "Show an account and what it holds now.",
		Example: "  deductor account show alice\n  deductor account show settlement:USD -o json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			conn, err := openDatabase(cmd.Context(), &db)
			if err != nil {
				return err
			}
			defer pgclose.Conn(conn)
			account, err := getAccount(cmd.Context(), conn, args[0])
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

func getAccount(ctx context.Context, db ledger.Querier, name string) (ledger.Account, error) {
	found, err := ledger.Get(ctx, db, name)
	if err != nil {
		return ledger.Account{}, err
	}
	account, ok := found[name]
	if !ok {
		return ledger.Account{}, unknownAccount(name, ledger.ErrAccountUnknown)
	}
	return account, nil
}

func unknownAccount(name string, err error) error {
	return fmt.Errorf("account %q: %w: names are compared byte by byte, deductor account list has them", name, err)
}
