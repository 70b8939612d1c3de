package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"deductor/consumer/settle"
	"deductor/internal/letters"
)

func newDeadletterRequeue() *cobra.Command {
	var r resolution
	cmd := &cobra.Command{
		Use:   "requeue (ID… | FILTERS | --all) --reason TEXT",
		Short: "Decide dead letters again",
		Long: `Decide dead letters again, as if their records were read now: applied, declined, or a
duplicate of an order that was answered meanwhile. Each is paid at most once, while
workers run and whoever requeues at the same time. It happens in the database, in
transactions of some hundred letters: no record is produced.

What is still no command, or still in conflict, stays open. A command that was set
aside as account_quarantined waits while an earlier letter of its account is open.

The set is fixed at the beginning, in the order of the ids. SIGINT ends after the
transaction in hand; given again, the command goes on. Without --execute it only
says what would be decided, for each transaction as the books stand now. Exit code
5 when some stay open, 4 when all do.`,
		Example: `  deductor deadletter requeue 17 18 --reason 'account was created, INC-7'
  deductor deadletter requeue --code account_quarantined --account alice --reason 'INC-7' --execute`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.run(cmd, args, "requeue", func(
				ctx context.Context, conn *pgx.Conn, set *settle.Selection, h settle.Handling, progress func(int64),
			) (*letters.Report, error) {
				settler := settle.NewSettler(settle.Config{
					Connect: func(ctx context.Context) (*pgx.Conn, error) { return connect(ctx, &r.database) },
					OnTrouble: func(err error) {
						if err != nil {
							fmt.Fprintf(cmd.ErrOrStderr(), "database: %v; trying again\n", err)
						}
					},
				})
				defer settler.Close()
				requeuer := &settle.Requeuer{Settler: settler, Handling: h, Rehearsal: !r.execute}
				return letters.Requeue(ctx, conn, set, requeuer, progress)
			})
		},
	}
	r.bind(cmd)
	return cmd
}
