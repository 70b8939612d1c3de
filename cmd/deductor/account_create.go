package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"deductor/internal/accounts"
	"deductor/internal/config"
	"deductor/internal/pgclose"
	"deductor/ledger"
)

func newAccountCreate() *cobra.Command {
	var db config.Database
	var out output
	var fields accounts.Fields
	cmd := &cobra.Command{
		Use:   "create NAME --currency CODE",
		Short: "Create an account",
		Long: `Create an account, and with the first one in a currency its settlement account,
such as settlement:USD. Creating the same account again changes nothing; one that
exists with another currency, kind, opening balance or overdraft limit is refused.`,
		Example: `  deductor account create alice --currency USD --balance 100.00
  deductor account create shop --currency USD --kind settlement`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			fields.Account = args[0]
			wanted, err := fields.Parse()
			if err != nil {
				return usage(err)
			}
			conn, err := openDatabase(cmd.Context(), &db)
			if err != nil {
				return err
			}
			defer pgclose.Conn(conn)
			account, created, err := createAccount(cmd.Context(), conn, wanted)
			if err != nil {
				return err
			}
			if !created {
				fmt.Fprintf(cmd.ErrOrStderr(), "account %q was there already: nothing was changed\n", wanted.Name)
			}
			return viewAccount(account).write(out, cmd.OutOrStdout())
		},
	}
	db.Bind(cmd.Flags())
	out.bind(cmd.Flags())
	cmd.Flags().StringVar(&fields.Currency, "currency", "", "`CODE` of ISO 4217, such as USD")
	cmd.Flags().StringVar(&fields.Balance, "balance", "0", "opening balance, an `AMOUNT` in major units")
	cmd.Flags().StringVar(&fields.OverdraftLimit, "overdraft-limit", "0",
		"`AMOUNT` in major units that the balance may go below zero")
	cmd.Flags().StringVar(&fields.Kind, "kind", string(ledger.Customer), "`KIND`: customer or settlement")
	if err := cmd.MarkFlagRequired("currency"); err != nil {
		panic(err) // it is defined above
	}
	return cmd
}

func createAccount(ctx context.Context, conn *pgx.Conn, wanted ledger.NewAccount) (
	account ledger.Account, created bool, err error,
) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		n, err := ledger.Create(ctx, tx, []ledger.NewAccount{wanted})
		var found *ledger.DiffersError
		if errors.As(err, &found) {
			return accounts.Differs(wanted, found, "in the database")
		}
		if err != nil {
			return err
		}
		created = n == 1
		account, err = getAccount(ctx, tx, wanted.Name)
		return err
	})
	return account, created, err
}
