package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"deductor/consumer/settle"
	"deductor/internal/config"
)

func newDeadletterShow() *cobra.Command {
	var db config.Database
	var out output
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show a dead letter with its record",
		Long: `Show a dead letter with its record: key, value and headers. What is not text is shown
in hexadecimal, long values are cut; -o json has every byte, in base64.`,
		Example: "  deductor deadletter show 17\n  deductor deadletter show 17 -o json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return usagef("%q is not the id of a dead letter: deductor deadletter list has them", args[0])
			}
			conn, err := openDatabase(cmd.Context(), &db)
			if err != nil {
				return err
			}
			defer closeDatabase(conn)
			letter, err := settle.GetDeadLetter(cmd.Context(), conn, id)
			if errors.Is(err, settle.ErrDeadLetterUnknown) {
				return fmt.Errorf("%w: deductor deadletter list has them", err)
			}
			if err != nil {
				return err
			}
			return out.write(cmd.OutOrStdout(), viewContent(&letter), func(w io.Writer) error {
				return writeContent(w, &letter)
			})
		},
	}
	db.Bind(cmd.Flags())
	out.bind(cmd.Flags())
	return cmd
}
