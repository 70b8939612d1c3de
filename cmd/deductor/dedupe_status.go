package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"deductor/dedupe"
	"deductor/internal/config"
	"deductor/internal/pgclose"
	"deductor/internal/progress"
)

// dedupeView is what is remembered. Its JSON is a contract with scripts.
type dedupeView struct {
	Orders   int64         `json:"orders"`
	Oldest   *time.Time    `json:"oldest_processed_at"`
	Horizon  *time.Time    `json:"horizon"`
	Horizons []horizonView `json:"horizons"`
}

type horizonView struct {
	Horizon    time.Time `json:"horizon"`
	RecordedAt time.Time `json:"recorded_at"`
	Actor      jsonText  `json:"actor"`
	Reason     jsonText  `json:"reason"`
}

func newDedupeStatus() *cobra.Command {
	var db config.Database
	var out output
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how many orders are remembered, since when, and what was pruned",
		Long: `Show how many orders are remembered, when the oldest was processed, and each horizon
that was recorded: who pruned, when, up to when and why. The highest is in force: a
new command that is older is set aside as too_old.

It reads the whole table of orders.`,
		Example: "  deductor dedupe status\n  deductor dedupe status -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conn, err := openDatabase(cmd.Context(), &db)
			if err != nil {
				return err
			}
			defer pgclose.Conn(conn)
			view, err := readDedupe(cmd.Context(), conn)
			if err != nil {
				return fmt.Errorf("database: %w", err)
			}
			return out.write(cmd.OutOrStdout(), view, view.text)
		},
	}
	db.Bind(cmd.Flags())
	out.bind(cmd.Flags())
	return cmd
}

func readDedupe(ctx context.Context, conn *pgx.Conn) (dedupeView, error) {
	orders, oldest, err := dedupe.Count(ctx, conn)
	if err != nil {
		return dedupeView{}, err
	}
	horizons, err := dedupe.Horizons(ctx, conn)
	if err != nil {
		return dedupeView{}, err
	}
	view := dedupeView{Orders: orders, Oldest: utc(oldest), Horizons: make([]horizonView, len(horizons))}
	if inForce := dedupe.InForce(horizons); inForce != nil {
		view.Horizon = utc(&inForce.Before)
	}
	for i, h := range horizons {
		view.Horizons[i] = horizonView{h.Before.UTC(), h.RecordedAt.UTC(), jsonText(h.Actor), jsonText(h.Reason)}
	}
	return view, nil
}

func utc(at *time.Time) *time.Time {
	if at == nil {
		return nil
	}
	converted := at.UTC()
	return &converted
}

func (v dedupeView) text(w io.Writer) error {
	horizon := "none: orders are remembered for ever"
	if v.Horizon != nil {
		horizon = exactTime(*v.Horizon)
	}
	if err := details(w, [][2]string{
		{"orders", progress.Thousands(v.Orders)},
		{"oldest", timeText(v.Oldest)},
		{"horizon", horizon},
	}); err != nil || len(v.Horizons) == 0 {
		return err
	}
	rows := make([][]string, len(v.Horizons))
	for i, h := range v.Horizons {
		rows[i] = []string{exactTime(h.Horizon), timeText(&h.RecordedAt), printable(string(h.Actor)),
			printable(string(h.Reason))}
	}
	fmt.Fprintln(w)
	return table(w, []string{"HORIZON", "RECORDED", "BY", "REASON"}, rows)
}

// exactTime is a horizon as --before takes it again.
func exactTime(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }
