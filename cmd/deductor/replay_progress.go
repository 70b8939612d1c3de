package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"deductor/consumer/settle"
	"deductor/internal/config"
	"deductor/internal/pgclose"
	"deductor/internal/progress"
	"deductor/internal/replay"
)

func newReplayProgress() *cobra.Command {
	var db config.Database
	var out output
	var watch bool
	cmd := &cobra.Command{
		Use:   "progress [ID]",
		Short: "Show how far a replay is",
		Long: `Show how far a replay is, by default the latest: a bar for each partition, the rate,
the time left, and what its records became so far. With --watch it follows the
replay to its end, and then audits the books (exit code 3 when they are wrong).`,
		Example: "  deductor replay progress\n  deductor replay progress 7 --watch\n  deductor replay progress 7 -o json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := replayID(args)
			if err != nil {
				return err
			}
			if watch && out != "text" {
				return usagef("--watch writes text: leave out -o %s, or --watch", out)
			}
			conn, err := openDatabase(cmd.Context(), &db)
			if err != nil {
				return err
			}
			defer pgclose.Conn(conn)
			if watch {
				return followReplay(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), conn, id)
			}
			state, err := replay.Get(cmd.Context(), conn, id)
			if err != nil {
				return err
			}
			return out.write(cmd.OutOrStdout(), state, func(w io.Writer) error { return writeProgress(w, &state) })
		},
	}
	db.Bind(cmd.Flags())
	out.bind(cmd.Flags())
	cmd.Flags().BoolVar(&watch, "watch", false, "follow it to its end")
	return cmd
}

// replayID reads the id of a replay; 0 without one.
func replayID(args []string) (int64, error) {
	if len(args) == 0 {
		return 0, nil
	}
	id, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil || id < 1 {
		return 0, usagef("%q is not the id of a replay: deductor replay list has them", args[0])
	}
	return id, nil
}

// followInterval is how often a replay that is followed is looked at.
const followInterval = 500 * time.Millisecond

// followReplay shows a replay until it ends, then its report, then proves the
// books.
func followReplay(ctx context.Context, out, talk io.Writer, conn *pgx.Conn, id int64) error {
	var last atomic.Pointer[replay.State]
	var line *progress.Line
	state, err := replay.Follow(ctx, conn, id, followInterval, func(s *replay.State) {
		shown := *s
		last.Store(&shown)
		if line == nil && s.State == replay.Running {
			line = progress.Start(talk, func() string { return progressLine(last.Load()) })
		}
	})
	if line != nil {
		line.Stop()
	}
	if err != nil {
		if ctx.Err() != nil && state.ID != 0 {
			return fmt.Errorf("interrupted: the replay goes on; deductor replay progress %d --watch follows it", state.ID)
		}
		return err
	}
	if err := writeReplay(out, &state); err != nil {
		return err
	}
	return replayVerdict(ctx, out, conn)
}

// replayVerdict proves the books, and says in a line whether they are right.
func replayVerdict(ctx context.Context, w io.Writer, conn *pgx.Conn) error {
	checks, totals, err := settle.Audit(ctx, conn, 1)
	if err != nil {
		return err
	}
	if view := viewAudit(checks, totals); !view.OK {
		return verificationFailed(errors.New("audit: the books are wrong: " + strings.Join(view.failed(), ", ") +
			": deductor audit shows what"))
	}
	_, err = fmt.Fprintln(w, "audit: the books are right")
	return err
}

// progressLine is a replay on one line.
func progressLine(s *replay.State) string {
	text := fmt.Sprintf("replay %d: %s %s of %s offsets, %s/s", s.ID, bar(s.Done, s.Offsets, 20),
		progress.Thousands(s.Done), progress.Thousands(s.Offsets), progress.Thousands(int64(s.OffsetsPerSecond)))
	if s.SecondsLeft != nil {
		text += fmt.Sprintf(", %v left", secondsOf(*s.SecondsLeft))
	}
	text += fmt.Sprintf("; %s new, %s declined", progress.Thousands(s.Applied), progress.Thousands(s.Declined))
	if letters := s.Conflicts + s.OtherLetters; letters > 0 {
		text += fmt.Sprintf(", %s set aside", progress.Thousands(letters))
	}
	for i := range s.Partitions {
		if p := &s.Partitions[i]; p.Halted != nil {
			text += fmt.Sprintf("; partition %d is halted", p.Partition)
		}
	}
	if s.Done == 0 {
		text += "; waiting for a worker"
	}
	return text
}

func secondsOf(seconds float64) time.Duration {
	return (time.Duration(min(seconds, 1e8)) * time.Second).Round(time.Second)
}

// bar draws a part of a whole.
func bar(done, total int64, width int) string {
	full := 0
	if total > 0 {
		full = int(done * int64(width) / total)
	}
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", width-full) + "]"
}

func writeProgress(w io.Writer, s *replay.State) error {
	fmt.Fprintln(w, progressLine(s))
	rows := make([][]string, len(s.Partitions))
	for i := range s.Partitions {
		p := &s.Partitions[i]
		state := p.State
		if p.Halted != nil {
			state = "halted: " + *p.Halted
		}
		rows[i] = []string{strconv.Itoa(int(p.Partition)), bar(p.Done, p.Offsets, 20), number(&p.FromOffset),
			number(&p.NextOffset), number(&p.UntilOffset), progress.Thousands(p.Records),
			progress.Thousands(p.AlreadyAnswered), progress.Thousands(p.AlreadySetAside), progress.Thousands(p.Applied),
			progress.Thousands(p.Declined), progress.Thousands(p.Conflicts), progress.Thousands(p.OtherLetters), state}
	}
	return table(w, []string{"PARTITION", "PROGRESS", "FROM", "NEXT", "UNTIL", "READ", "ANSWERED", "SET ASIDE", "NEW",
		"NEW DECLINES", "CONFLICTS", "OTHER LETTERS", "STATE"}, rows)
}
