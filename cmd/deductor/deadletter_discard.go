package main

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"deductor/consumer/settle"
	"deductor/internal/letters"
)

func newDeadletterDiscard() *cobra.Command {
	var r resolution
	cmd := &cobra.Command{
		Use:   "discard (ID… | FILTERS | --all) --reason TEXT",
		Short: "Leave dead letters undecided for good",
		Long: `Leave dead letters undecided for good: they are not paid, also when their records
are read again, and stand no longer in the way of their accounts' later commands.
They are kept, and can't be requeued any more: to pay one after all, send its command
again as a record of its own.

The set is fixed at the beginning. SIGINT ends after the transaction in hand; given
again, the command goes on. Without --execute it only says what it would do.`,
		Example: `  deductor deadletter discard 17 --reason 'sent by mistake, INC-7'
  deductor deadletter discard --code invalid_json --topic payments --reason 'test traffic' --execute`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.run(cmd, args, "discard", func(
				ctx context.Context, conn *pgx.Conn, set *settle.Selection, h settle.Handling, progress func(int64),
			) (*letters.Report, error) {
				return letters.Discard(ctx, conn, set, h, !r.execute, progress)
			})
		},
	}
	r.bind(cmd)
	return cmd
}
