package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"deductor/consumer/settle"
	"deductor/internal/config"
	"deductor/internal/pgclose"
)

func newDeadletterShow() *cobra.Command {
	var db config.Database
	var out output
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show a dead letter with its record",
		Long: `Show a dead letter with its record: key, value and headers. What is not text is shown
in hexadecimal, long values are cut; -o json has every byte, in base64. Then what was
done to it: by whom, when, why, and what a requeue came to.`,
		Example: "  deductor deadletter show 17\n  deductor deadletter show 17 -o json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := letterID(args[0])
			if err != nil {
				return usage(err)
			}
			conn, err := openDatabase(cmd.Context(), &db)
			if err != nil {
				return err
			}
			defer pgclose.Conn(conn)
			letter, err := settle.GetDeadLetter(cmd.Context(), conn, id)
			if errors.Is(err, settle.ErrDeadLetterUnknown) {
				return fmt.Errorf("%w: deductor deadletter list has them", err)
			}
			if err != nil {
				return err
			}
			actions, err := settle.LetterActions(cmd.Context(), conn, id)
			if err != nil {
				return err
			}
			return out.write(cmd.OutOrStdout(), viewShown(&letter, actions), func(w io.Writer) error {
				if err := writeContent(w, &letter); err != nil {
					return err
				}
				return writeActions(w, actions)
			})
		},
	}
	db.Bind(cmd.Flags())
	out.bind(cmd.Flags())
	return cmd
}
