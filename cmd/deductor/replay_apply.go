package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/spf13/cobra"

	"deductor/internal/pgclose"
	"deductor/internal/progress"
	"deductor/internal/replay"
)

// replayApplying is one run of the command.
type replayApplying struct {
	place
	plan    string
	reason  string
	rate    int
	execute bool
	wait    bool
}

func newReplayApply() *cobra.Command {
	var a replayApplying
	cmd := &cobra.Command{
		Use:   "apply --plan FILE --reason TEXT --execute",
		Short: "Have the records of a plan read again",
		Long: `Send the plan's partitions back, so that their records are read again. Without
--execute it only says whether it would.

While the group runs, the workers that have the partitions go back by themselves
within seconds, and other partitions are not disturbed. When none runs, the next
that starts begins there. It can't be taken back; partition skip --to-offset moves a
partition past the rest, and ends its replay.

--rate bounds the records a second of each partition, as long as it is in the
replay's range. --wait, the default on a terminal, follows the progress and ends
with a report and an audit of the books (exit code 3 when they are wrong);
interrupted, the replay goes on.

Exit code 4 when things are no longer as they were planned: the topic, the log, the
database, or another operator moved. It needs the owner of the tables, not the
workers' role.`,
		Example: `  deductor replay apply --plan plan.json
  deductor replay apply --plan plan.json --reason 'INC-7, database restored' --execute
  deductor replay apply --plan plan.json --reason 'INC-7' --rate 5000 --execute --wait`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("wait") {
				a.wait = progress.IsTerminal(cmd.ErrOrStderr())
			}
			return a.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	a.place.bind(cmd)
	cmd.Flags().StringVar(&a.plan, "plan", "", "the `FILE` that replay plan --save wrote")
	cmd.Flags().StringVar(&a.reason, "reason", "", "why, a `TEXT` in your words; kept for ever; needed with --execute")
	cmd.Flags().IntVar(&a.rate, "rate", 0, "most records a second `N` of each partition (default no limit)")
	cmd.Flags().BoolVar(&a.execute, "execute", false, "do it; without it, only say what would be done")
	cmd.Flags().BoolVar(&a.wait, "wait", false, "follow it to its end (default on a terminal)")
	if err := cmd.MarkFlagRequired("plan"); err != nil {
		panic(err) // the flag is defined above
	}
	return cmd
}

func (a *replayApplying) run(ctx context.Context, out, talk io.Writer) error {
	plan, err := a.read()
	if err != nil {
		return err
	}
	cluster, err := a.kafka.Cluster()
	if err != nil {
		return usage(err)
	}
	defer cluster.Close()
	conn, err := openDatabase(ctx, &a.database)
	if err != nil {
		return err
	}
	defer pgclose.Conn(conn)
	id, err := replay.Application{
		Cluster: cluster, DB: conn, Group: a.group.Name, Plan: plan, Rate: int32(a.rate), //nolint:gosec // read checks it
		Actor: actor(), Reason: a.reason, Execute: a.execute,
	}.Apply(ctx)
	if err != nil {
		return refusedReplay(err)
	}
	for _, p := range plan.Replayed() {
		fmt.Fprintf(out, "partition %d goes back from offset %d to %d\n", p.Partition, p.Watermark, p.Target)
	}
	fmt.Fprintf(out, "%s records are read again, %s orders are new (%s)\n", progress.Thousands(plan.Totals.WouldRead),
		progress.Thousands(plan.Totals.WouldApply), orNothing(moneyText(plan.Totals.WouldDebit)))
	switch {
	case !a.execute:
		_, err = fmt.Fprintln(out, "nothing was done: add --execute to do it")
	case !a.wait:
		_, err = fmt.Fprintf(out, "replay %d has begun: deductor replay progress %d --watch\n", id, id)
	default:
		fmt.Fprintf(out, "replay %d has begun\n", id)
		return followReplay(ctx, out, talk, conn, id)
	}
	return err
}

// read checks the flags, and reads the plan.
func (a *replayApplying) read() (*replay.Plan, error) {
	switch {
	case a.execute && a.reason == "":
		return nil, usagef("--reason is missing: say why, it is kept with the replay")
	case a.rate < 0 || a.rate > math.MaxInt32:
		return nil, usagef("--rate: %d is not a number of records a second from 1 on", a.rate)
	}
	file, err := os.Open(a.plan)
	if err != nil {
		return nil, usagef("--plan: %w", err)
	}
	defer file.Close()
	plan, err := replay.ReadPlan(file)
	if err != nil {
		return nil, usagef("--plan %s: %w", a.plan, err)
	}
	return plan, nil
}

func orNothing(text string) string {
	if text == "" {
		return "no money"
	}
	return text
}
