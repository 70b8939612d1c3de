package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"deductor/consumer/settle"
	"deductor/internal/config"
)

func newOrderShow() *cobra.Command {
	var db config.Database
	var out output
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show what became of an order",
		Long: `Show the recorded outcome of an order: whether it was debited or declined, for whom,
how much, and by which record of the topic; with attempts that were declined before,
and dead letters that have the order's id.`,
		Example: "  deductor order show ord-1\n  deductor order show ord-1 -o json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			conn, err := openDatabase(cmd.Context(), &db)
			if err != nil {
				return err
			}
			defer closeDatabase(conn)
			order, err := settle.FindOrder(cmd.Context(), conn, args[0])
			var unknown *settle.UnknownOrderError
			if errors.As(err, &unknown) {
				return explainUnknown(unknown)
			}
			if err != nil {
				return err
			}
			return out.write(cmd.OutOrStdout(), viewOrder(&order), func(w io.Writer) error {
				return writeOrder(w, &order)
			})
		},
	}
	db.Bind(cmd.Flags())
	out.bind(cmd.Flags())
	return cmd
}

// explainUnknown lists the dead letters that have the order's id, or says
// where to look when there are none.
func explainUnknown(unknown *settle.UnknownOrderError) error {
	if len(unknown.DeadLetters) == 0 {
		return fmt.Errorf("%w: deductor partition list says how far the topic was read, "+
			"deductor deadletter list has records that could not be read", unknown)
	}
	var list strings.Builder
	if err := tableOfDeadLetters(&list, unknown.DeadLetters); err != nil {
		return err
	}
	return fmt.Errorf("%w:\n%sdeductor deadletter show ID has their content", unknown, list.String())
}
