package main

import (
	"io"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"deductor/internal/partitions"
)

func newPartitionList() *cobra.Command {
	var where place
	var out output
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List partitions with state, offsets, lag and owner",
		Long: `List the topic's partitions: state, the group's committed offset, the watermark
in the database, the log's first and next offset, lag, and the worker that has it.

The state is ok (a live worker has it), idle (none has), or halted: and why.
No worker needs to run.`,
		Example: "  deductor partition list\n  deductor partition list -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return where.look(cmd.Context(), func(_ *pgx.Conn, survey *partitions.Survey) error {
				states := survey.States()
				return out.write(cmd.OutOrStdout(), states, func(w io.Writer) error {
					return partitionTable(w, states)
				})
			})
		},
	}
	where.bind(cmd)
	out.bind(cmd.Flags())
	return cmd
}

func partitionTable(w io.Writer, states []partitions.State) error {
	rows := make([][]string, len(states))
	for i, s := range states {
		owner := ""
		if s.Owner != nil {
			owner = *s.Owner
		}
		rows[i] = []string{strconv.Itoa(int(s.Partition)), number(s.CommittedOffset), number(s.Watermark),
			number(s.LogStart), number(s.LogEnd), number(s.Lag), owner, s.State}
	}
	header := []string{"PARTITION", "COMMITTED", "WATERMARK", "LOG START", "LOG END", "LAG", "OWNER", "STATE"}
	return table(w, header, rows)
}

// number is "" for none.
func number(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}
