package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"deductor/internal/accounts"
	"deductor/internal/config"
	"deductor/internal/pgclose"
	"deductor/internal/progress"
)

func newAccountImport() *cobra.Command {
	var db config.Database
	var out output
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Create accounts from a CSV file",
		Long: `Create the accounts of a CSV file, or of stdin when FILE is -. The first line names
the columns, in any order:

  account           the name: 1 to 128 bytes of NFC text without control characters
  currency          an ISO 4217 code
  balance           the opening balance in major units, such as 100.00
  overdraft_limit   how far below zero it may go, in major units; optional, 0 when empty
  kind              customer or settlement; optional, customer when empty

All accounts are created, or none: wrong lines are listed with their numbers.
Importing the same file again changes nothing; a line that differs from the account
in the database is wrong. The first account in a currency also creates its settlement
account: give that a line of its own before, if it is to have an opening balance.`,
		Example: `  deductor account import accounts.csv
  zcat accounts.csv.gz | deductor account import -`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, file := args[0], cmd.InOrStdin()
			if name == "-" {
				name = "stdin"
			} else {
				opened, err := os.Open(name) //nolint:gosec // the user says which file
				if err != nil {
					return fmt.Errorf("account import: %w", err)
				}
				defer opened.Close()
				file = opened
			}
			conn, err := openDatabase(cmd.Context(), &db)
			if err != nil {
				return err
			}
			defer pgclose.Conn(conn)
			result, err := importAccounts(cmd.Context(), conn, name, file, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			return writeImported(cmd.OutOrStdout(), out, name, result)
		},
		ValidArgsFunction: files,
	}
	db.Bind(cmd.Flags())
	out.bind(cmd.Flags())
	return cmd
}

// importAccounts shows progress for a file that is longer than one batch.
func importAccounts(ctx context.Context, db accounts.Beginner, name string, file io.Reader, talk io.Writer) (
	accounts.Result, error,
) {
	counter := progress.NewCounter("rows read", 0)
	var line *progress.Line
	result, err := accounts.Import(ctx, db, name, file, func(rows int) {
		counter.Add(int64(rows))
		if line == nil {
			line = progress.Start(talk, counter.Line)
		}
	})
	if line != nil {
		line.Stop()
	}
	return result, err
}

func writeImported(w io.Writer, out output, name string, result accounts.Result) error {
	v := struct {
		Created   int64 `json:"created"`
		Unchanged int64 `json:"unchanged"`
	}{result.Created, result.Unchanged}
	return out.write(w, v, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s: %d created, %d unchanged\n", name, v.Created, v.Unchanged)
		return err
	})
}
