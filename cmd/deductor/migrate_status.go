package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"deductor/internal/config"
	"deductor/internal/migrate"
	"deductor/internal/pgclose"
)

// migrationState is a migration as the command shows it. Its JSON is a contract
// with scripts.
type migrationState struct {
	Component string     `json:"component"`
	Version   int        `json:"version"`
	Name      string     `json:"name"`
	State     string     `json:"state"` // applied, pending, changed or unknown
	AppliedAt *time.Time `json:"applied_at"`
}

func newMigrateStatus() *cobra.Command {
	var db config.Database
	var out output
	cmd := &cobra.Command{
		Use:   "status",
		Short: "List the migrations and which of them ran",
		Long: `List the migrations: applied, pending, changed (it ran with another text than this
version has) or unknown (it is of a newer version).`,
		Example: "  deductor migrate status\n  deductor migrate status -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conn, err := connect(cmd.Context(), &db)
			if err != nil {
				return err
			}
			defer pgclose.Conn(conn)
			found, err := migrate.Status(cmd.Context(), conn)
			if err != nil {
				return err
			}
			states := migrationStates(found)
			return out.write(cmd.OutOrStdout(), states, func(w io.Writer) error {
				return migrationTable(w, states)
			})
		},
	}
	db.Bind(cmd.Flags())
	out.bind(cmd.Flags())
	return cmd
}

func migrationStates(found []migrate.State) []migrationState {
	states := make([]migrationState, len(found))
	for i, s := range found {
		state := "applied"
		switch {
		case !s.Known:
			state = "unknown"
		case s.AppliedAt == nil:
			state = "pending"
		case s.Changed():
			state = "changed"
		}
		states[i] = migrationState{s.Component, s.Version, s.Name, state, s.AppliedAt}
	}
	return states
}

func migrationTable(w io.Writer, states []migrationState) error {
	rows := make([][]string, len(states))
	for i, s := range states {
		at := ""
		if s.AppliedAt != nil {
			at = s.AppliedAt.UTC().Format(time.RFC3339)
		}
		rows[i] = []string{fmt.Sprintf("%s %03d_%s", s.Component, s.Version, s.Name), s.State, at}
	}
	return table(w, []string{"MIGRATION", "STATE", "APPLIED AT"}, rows)
}
