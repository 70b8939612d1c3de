package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"deductor/internal/progress"
	"deductor/internal/replay"
)

// replayPlanning is one run of the command.
type replayPlanning struct {
	place
	target replayTarget
	out    output
	save   string
}

func newReplayPlan() *cobra.Command {
	var p replayPlanning
	cmd := &cobra.Command{
		Use:   "plan (--to-earliest | --to-offset O | --to-datetime TIME | …)",
		Short: "Say what reading records again would do",
		Long: `Read the records from the target up to the watermark, and say what would become of
each if it were read again now: by the decisions that workers make, as the database
stands. Nothing is written. Workers may run.

The flags have the names of kafka-consumer-groups --reset-offsets; exactly one says
from where on. A time needs a zone. --to-order begins with the record that an order
was decided by. --save keeps the plan for replay apply.

Each partition is a row: where the group and the database stand, the target, what
the log holds, how many records there are, and how many of them are answered
already (applied or declined before), are dead letters already, would be debited
now, declined now, or set aside now (in conflict, too old after a prune, malformed).
New orders take about 150 bytes of memory each.

Exit code 4 when the target does not fit the topic.`,
		Example: `  deductor replay plan --to-datetime 2026-01-31T13:00:00Z --save plan.json
  deductor replay plan --shift-by -1000 --topic-scope payments:0,1,2
  deductor replay plan --to-order ord-1 -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			plan, err := p.plan(cmd)
			if err != nil {
				return refusedReplay(err)
			}
			if p.save != "" {
				if err := savePlan(p.save, plan); err != nil {
					return err
				}
			}
			return p.out.write(cmd.OutOrStdout(), plan, func(w io.Writer) error { return writePlan(w, plan, p.save) })
		},
	}
	p.place.bind(cmd)
	p.target.bind(cmd)
	p.out.bind(cmd.Flags())
	cmd.Flags().StringVar(&p.save, "save", "", "write the plan to this `FILE`, for replay apply")
	return cmd
}

func (p *replayPlanning) plan(cmd *cobra.Command) (*replay.Plan, error) {
	target, err := p.target.read(cmd, p.kafka.Topic)
	if err != nil {
		return nil, err
	}
	scope, err := p.target.partitions(p.kafka.Topic)
	if err != nil {
		return nil, err
	}
	cluster, err := p.kafka.Cluster()
	if err != nil {
		return nil, usage(err)
	}
	defer cluster.Close()
	show := &offsetsRead{w: cmd.ErrOrStderr()}
	defer show.stop()
	return (&replay.Planner{
		Cluster: cluster, Connect: connector(&p.database), Group: p.group.Name, Target: target, Scope: scope,
		Progress: show.set,
	}).Plan(cmd.Context())
}

// refusedReplay gives the exit code of what does not fit the state.
func refusedReplay(err error) error {
	if errors.As(err, new(*replay.RefusedError)) {
		return refused(err)
	}
	return err
}

// savePlan writes the plan, whole or not at all.
func savePlan(path string, plan *replay.Plan) error {
	data, err := json.MarshalIndent(plan, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("save the plan: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("save the plan: %w", err)
	}
	return nil
}

var planHeader = []string{"PARTITION", "CURRENT", "WATERMARK", "TARGET", "LOG START", "LOG END", "READ", "APPLIED",
	"DECLINED", "SET ASIDE", "NEW", "DEBITS", "NEW DECLINES", "CONFLICTS", "TOO OLD", "MALFORMED"}

func writePlan(w io.Writer, plan *replay.Plan, saved string) error {
	fmt.Fprintf(w, "%s of topic %s, group %s; as of %s\n\n", printable(plan.Target), printable(plan.Topic),
		printable(plan.Group), exactTime(plan.CreatedAt))
	rows := make([][]string, 0, len(plan.Partitions)+1)
	for i := range plan.Partitions {
		p := &plan.Partitions[i]
		row := []string{strconv.Itoa(int(p.Partition)), number(p.CommittedOffset), number(&p.Watermark), number(&p.Target),
			number(&p.LogStart), number(&p.LogEnd)}
		rows = append(rows, append(row, planCounts(&p.Counts)...))
	}
	rows = append(rows, append([]string{"all", " ", " ", " ", " ", " "}, planCounts(&plan.Totals)...))
	if err := table(w, planHeader, rows); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nREAD is how many records; APPLIED, DECLINED and SET ASIDE of them have that outcome already and keep it;"+
		"\nNEW would be debited, for DEBITS; the others would be declined or set aside now")
	for _, warning := range plan.Warnings {
		fmt.Fprintf(w, "warning: %s\n", printable(warning))
	}
	next := "nothing was written: add --save FILE to keep the plan for replay apply"
	switch {
	case len(plan.Replayed()) == 0:
		next = "there is nothing to read again"
	case saved != "":
		next = fmt.Sprintf("saved; to do it: deductor replay apply --plan %s --reason TEXT --execute", printable(saved))
	}
	_, err := fmt.Fprintln(w, next)
	return err
}

func planCounts(c *replay.Counts) []string {
	cells := make([]string, 0, 10)
	for _, n := range []int64{c.WouldRead, c.AlreadyApplied, c.AlreadyDeclined, c.AlreadySetAside, c.WouldApply} {
		cells = append(cells, progress.Thousands(n))
	}
	cells = append(cells, moneyText(c.WouldDebit))
	for _, n := range []int64{c.WouldDecline, c.WouldConflict, c.TooOld, c.Malformed} {
		cells = append(cells, progress.Thousands(n))
	}
	return cells
}

func moneyText(amounts []replay.Money) string {
	parts := make([]string, len(amounts))
	for i, m := range amounts {
		parts[i] = m.Amount + " " + m.Currency
	}
	return strings.Join(parts, ", ")
}
