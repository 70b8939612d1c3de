package main

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"deductor/internal/config"
)

func newReplay() *cobra.Command {
	return group(&cobra.Command{
		Use:   "replay",
		Short: "Have records of the topic read again",
		Long: `Have records of the topic read again, while workers run or when they are stopped.
What had an outcome keeps it: nothing is paid twice.

Plan it first: that reads the records and says what would come of them. Then apply
the plan, and watch the progress. Who, when, why and what came of it is kept.`,
		Example: `  deductor replay plan --to-datetime 2026-01-31T13:00:00Z --save plan.json
  deductor replay apply --plan plan.json --reason 'INC-7, database restored' --execute
  deductor replay progress --watch`,
	}, newReplayPlan(), newReplayApply(), newReplayProgress(), newReplayList(), newReplayShow())
}

// connector opens connections to a database, whose schema was looked at.
func connector(settings *config.Database) func(context.Context) (*pgx.Conn, error) {
	return func(ctx context.Context) (*pgx.Conn, error) { return openDatabase(ctx, settings) }
}
