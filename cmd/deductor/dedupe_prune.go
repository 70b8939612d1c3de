package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"

	"deductor/consumer/intake"
	"deductor/dedupe"
	"deductor/internal/pgclose"
	"deductor/internal/progress"
	"deductor/internal/prune"
)

// pruning is one run of the command.
type pruning struct {
	place
	before  string
	reason  string
	deleted []string
	execute bool
}

func newDedupePrune() *cobra.Command {
	var p pruning
	cmd := &cobra.Command{
		Use:   "prune --before TIME --reason TEXT",
		Short: "Forget orders from before a time, once Kafka can't bring them back",
		Long: `Forget orders that were processed before a time, the horizon, once Kafka can't bring
them back. All logs that commands came from are read; an order that is still in one,
be it as a duplicate, is kept, and so is one that a dead letter names.

From then on a new command whose record or occurred_at is older than the horizon is
set aside as a dead letter (too_old). One that a producer sends again later, without
occurred_at, is not recognised as paid: the horizon must be further back than any
producer sends again.

Without --execute it reads all, and says what it would do. With it, workers read on
from Kafka after about a second; they may run. Interrupted, it can be run again.
It needs the owner of the tables, not the workers' role.

Exit code 4 when a log still holds a record that is older, when a partition is
halted or was never read, or when a topic that commands came from can't be looked
at.`,
		Example: `  deductor dedupe prune --before 2025-01-01T00:00:00Z --reason 'kept for a year'
  deductor dedupe prune --before 2025-01-01T00:00:00Z --reason 'kept for a year' --execute`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			horizon, err := p.horizon()
			if err != nil {
				return err
			}
			conn, err := openDatabase(cmd.Context(), &p.database)
			if err != nil {
				return err
			}
			defer pgclose.Conn(conn)
			report, err := p.run(cmd.Context(), cmd.ErrOrStderr(), conn, horizon)
			if err != nil {
				return p.explain(report, err)
			}
			return p.tell(cmd.OutOrStdout(), report, horizon)
		},
	}
	p.place.bind(cmd)
	cmd.Flags().StringVar(&p.before, "before", "", "the horizon, a `TIME` as 2025-01-01T00:00:00Z, in the past")
	cmd.Flags().StringVar(&p.reason, "reason", "", "why, a `TEXT` in your words; kept for ever")
	cmd.Flags().StringSliceVar(&p.deleted, "deleted-topic", nil,
		"a `TOPIC` that commands came from and that no longer exists anywhere; can be repeated")
	cmd.Flags().BoolVar(&p.execute, "execute", false, "do it; without it, only say what would be done")
	for _, name := range []string{"before", "reason"} {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // the flags are defined above
		}
	}
	return cmd
}

// horizon reads --before, in microseconds as the database has it.
func (p *pruning) horizon() (time.Time, error) {
	if p.reason == "" {
		return time.Time{}, usagef("--reason is empty: say why")
	}
	horizon, err := time.Parse(time.RFC3339, p.before)
	if err != nil {
		return time.Time{}, usagef("--before: %q is no time with a zone: "+
			"write it as 2025-01-01T00:00:00Z or 2025-01-01T00:00:00+01:00", p.before)
	}
	horizon = horizon.UTC().Truncate(time.Microsecond)
	if !horizon.Before(time.Now()) {
		return time.Time{}, usagef("--before: %s is not in the past", exactTime(horizon))
	}
	return horizon, nil
}

func (p *pruning) run(ctx context.Context, w io.Writer, conn *pgx.Conn, horizon time.Time) (prune.Report, error) {
	cluster, err := p.kafka.Cluster()
	if err != nil {
		return prune.Report{}, usage(err)
	}
	cluster.Close() // only the settings were to be looked at
	return prune.Config{
		Conn: conn,
		Cluster: func(topic string) (*intake.Cluster, error) {
			kafka := p.kafka
			kafka.Topic = topic
			return kafka.Cluster()
		},
		Topic: p.kafka.Topic, Group: p.group.Name, Deleted: p.deleted,
		Before: horizon, Actor: actor(), Reason: p.reason, Execute: p.execute, Progress: w,
	}.Run(ctx)
}

// explain adds to an error what was deleted before it, and what to do.
func (p *pruning) explain(report prune.Report, err error) error {
	var no *prune.RefusedError
	var passed *dedupe.HorizonError
	if errors.As(err, &no) || errors.As(err, &passed) {
		return refused(err)
	}
	var denied *pgconn.PgError
	if errors.As(err, &denied) && denied.Code == "42501" { // insufficient_privilege
		err = fmt.Errorf("%w: prune as the owner of the tables", err)
	}
	if report.Deleted > 0 {
		return partial(fmt.Errorf("%s orders were pruned, run it again to go on: %w",
			progress.Thousands(report.Deleted), err))
	}
	return err
}

func (p *pruning) tell(w io.Writer, report prune.Report, horizon time.Time) error {
	verb, n, last := "would delete", report.Prunable, "nothing was done: add --execute to do it"
	if p.execute {
		verb, n, last = "deleted", report.Deleted, "done"
	}
	if err := details(w, [][2]string{
		{"horizon", exactTime(horizon)},
		{"records read", progress.Thousands(report.Records)},
		{"orders looked at", progress.Thousands(report.Orders)},
		{verb, progress.Thousands(n)},
		{"kept, processed later", progress.Thousands(report.Young)},
		{"kept, in a log or a dead letter", progress.Thousands(report.Found)},
		{"kept, from another source", progress.Thousands(report.Unjudged)},
	}); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, last)
	return err
}
