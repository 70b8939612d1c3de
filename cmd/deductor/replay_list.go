package main

import (
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"deductor/internal/config"
	"deductor/internal/pgclose"
	"deductor/internal/progress"
	"deductor/internal/replay"
)

func newReplayList() *cobra.Command {
	var db config.Database
	var out output
	var most limit
	var before int64
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List replays, the latest first",
		Long:    `List what was replayed: when, by whom, why, how far it is and how many orders it debited.`,
		Example: "  deductor replay list\n  deductor replay list --before-id 40 -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conn, err := openDatabase(cmd.Context(), &db)
			if err != nil {
				return err
			}
			defer pgclose.Conn(conn)
			states, err := replay.List(cmd.Context(), conn, before, int(most))
			if err != nil {
				return err
			}
			return out.write(cmd.OutOrStdout(), states, func(w io.Writer) error {
				rows := make([][]string, len(states))
				for i := range states {
					s := &states[i]
					rows[i] = []string{strconv.FormatInt(s.ID, 10), exactTime(s.CreatedAt), s.State, s.Topic, s.Group,
						s.Target, fmt.Sprintf("%s of %s", progress.Thousands(s.Done), progress.Thousands(s.Offsets)),
						progress.Thousands(s.Applied), s.Actor, s.Reason}
				}
				return table(w, []string{"ID", "BEGUN", "STATE", "TOPIC", "GROUP", "TARGET", "OFFSETS", "NEW", "ACTOR",
					"REASON"}, rows)
			})
		},
	}
	db.Bind(cmd.Flags())
	out.bind(cmd.Flags())
	most.bind(cmd.Flags(), 50, "most replays")
	cmd.Flags().Int64Var(&before, "before-id", 0, "those from before this `ID`: the next page")
	return cmd
}

func newReplayShow() *cobra.Command {
	var db config.Database
	var out output
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show a replay: who, why, what was expected and what came of it",
		Long: `Show a replay: who had which records read again, when and why, where each partition
stood before, what the plan expected, and what came of it.`,
		Example: "  deductor replay show 7\n  deductor replay show 7 -o json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := replayID(args)
			if err != nil {
				return err
			}
			conn, err := openDatabase(cmd.Context(), &db)
			if err != nil {
				return err
			}
			defer pgclose.Conn(conn)
			state, err := replay.Get(cmd.Context(), conn, id)
			if err != nil {
				return err
			}
			return out.write(cmd.OutOrStdout(), state, func(w io.Writer) error { return writeReplay(w, &state) })
		},
	}
	db.Bind(cmd.Flags())
	out.bind(cmd.Flags())
	return cmd
}

// writeReplay writes all about a replay.
func writeReplay(w io.Writer, s *replay.State) error {
	finished, rate := "", "no limit"
	if s.FinishedAt != nil {
		finished = exactTime(*s.FinishedAt)
	}
	if s.Rate != nil {
		rate = fmt.Sprintf("%s records/s of each partition", progress.Thousands(int64(*s.Rate)))
	}
	planned := &s.Planned
	compared := func(came, expected int64) string {
		return fmt.Sprintf("%s (planned %s)", progress.Thousands(came), progress.Thousands(expected))
	}
	if err := details(w, [][2]string{
		{"replay", strconv.FormatInt(s.ID, 10)},
		{"state", s.State},
		{"topic, group", s.Topic + ", " + s.Group},
		{"target", s.Target},
		{"who", s.Actor},
		{"why", s.Reason},
		{"begun", exactTime(s.CreatedAt)},
		{"finished", finished},
		{"rate", rate},
		{"records read", compared(s.Records, planned.WouldRead)},
		{"already answered", compared(s.AlreadyAnswered, planned.AlreadyApplied+planned.AlreadyDeclined)},
		{"already set aside", compared(s.AlreadySetAside, planned.AlreadySetAside)},
		{"newly applied", compared(s.Applied, planned.WouldApply)},
		{"newly declined", compared(s.Declined, planned.WouldDecline)},
		{"new conflicts", compared(s.Conflicts, planned.WouldConflict)},
		{"other dead letters", compared(s.OtherLetters, planned.TooOld+planned.Malformed)},
	}); err != nil {
		return err
	}
	fmt.Fprintln(w)
	return writeProgress(w, s)
}
