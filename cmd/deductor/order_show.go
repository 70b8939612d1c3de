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

func newOrderShow() *cobra.Command {
	var db config.Database
	var out output
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show what became of an order, and its history",
		Long: `Show what became of an order. The first line is the answer: PAID, DECLINED, NOT PAID
when its commands were set aside. Then come who paid whom, by which record of the
topic; the two entries in the ledger; its history, the oldest event first, with who
requeued or discarded what and why; and the dead letters that have its id, with
their records.

That the same command arrived again, and was answered by what is stored, is not
kept: how often an order arrived is not known. Nor is the time of a record that was
decided; the time shown is when its transaction began. Only the database is asked.`,
		Example: "  deductor order show ord-1\n  deductor order show ord-1 -o json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			conn, err := openDatabase(cmd.Context(), &db)
			if err != nil {
				return err
			}
			defer pgclose.Conn(conn)
			order, err := settle.FindOrder(cmd.Context(), conn, args[0])
			if errors.As(err, new(*settle.UnknownOrderError)) {
				return fmt.Errorf("%w: deductor partition list says how far the topic was read, "+
					"deductor deadletter list has records that could not be read", err)
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
