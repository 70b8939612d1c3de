package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"deductor/internal/partitions"
	"deductor/internal/progress"
)

// status is what the command shows. Its JSON is a contract with scripts.
type status struct {
	Topic      string              `json:"topic"`
	Group      string              `json:"group"`
	GroupState string              `json:"group_state"`
	Totals     partitions.Totals   `json:"totals"`
	Workers    []partitions.Worker `json:"workers"`
	Partitions []partitions.State  `json:"partitions"`
}

func newStatus() *cobra.Command {
	var where place
	var out output
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the workers, the partitions and what is left to do",
		Long: `Show the consumer group: its live workers, where each partition stands (as
partition list does), and the lag of all.

No worker needs to run.`,
		Example: "  deductor status\n  deductor status -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return where.look(cmd.Context(), func(_ *pgx.Conn, survey *partitions.Survey) error {
				states := survey.States()
				s := status{
					Topic:      where.kafka.Topic,
					Group:      where.group.Name,
					GroupState: strings.ToLower(survey.Group.State),
					Totals:     partitions.Sum(states),
					Workers:    survey.Workers(),
					Partitions: states,
				}
				return out.write(cmd.OutOrStdout(), s, s.text)
			})
		},
	}
	where.bind(cmd)
	out.bind(cmd.Flags())
	return cmd
}

func (s status) text(w io.Writer) error {
	t := s.Totals
	fmt.Fprintf(w, "topic %s, group %s (%s)\n", printable(s.Topic), printable(s.Group), printable(s.GroupState))
	fmt.Fprintf(w, "%d partitions: %d ok, %d idle, %d halted; lag %s\n\n",
		t.Partitions, t.OK, t.Idle, t.Halted, progress.Thousands(t.Lag))
	rows := make([][]string, len(s.Workers))
	for i, worker := range s.Workers {
		rows[i] = []string{worker.Name, worker.Host, strings.Trim(fmt.Sprint(worker.Partitions), "[]")}
	}
	if len(rows) == 0 {
		fmt.Fprintln(w, "no worker is running")
	} else if err := table(w, []string{"WORKER", "HOST", "PARTITIONS"}, rows); err != nil {
		return err
	}
	fmt.Fprintln(w)
	return partitionTable(w, s.Partitions)
}
