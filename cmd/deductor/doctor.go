package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deductor/internal/config"
	"deductor/internal/doctor"
)

// doctorView is what was found. Its JSON is a contract with scripts.
type doctorView struct {
	OK     bool       `json:"ok"`
	Checks []lookView `json:"checks"`
}

type lookView struct {
	Name  string       `json:"name"`
	State doctor.State `json:"state"`
	Found jsonText     `json:"found"`
	Do    *jsonText    `json:"do"`
}

func newDoctor() *cobra.Command {
	var where place
	var out output
	var worker config.Worker
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check brokers, topic, group and database, and say what to do",
		Long: `Check what a worker needs, one after the other, and say of each whether it is well (✓),
should be otherwise (!) or must be (✗), what was found and what to do:

  Kafka     the brokers and their advertised addresses, their version, the topic, its
            replication, cleanup policy, retention and timestamps, leader election
  Postgres  address, version, pooler, clock, durability, time limits, schema, rights,
            connections
  both      the group's offsets and members, halted partitions, the horizon, settlement
            accounts, open dead letters

Run it with the settings that the workers have. It writes nothing. What can't be reached
does not keep it from the rest; each check has a time limit. Exit code 0 when all is well,
also with warnings; 1 when something fails.`,
		Example: "  deductor doctor\n  deductor doctor --config deductor.yaml -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if timeout <= 0 {
				return usagef("--timeout is %v: it must be above zero", timeout)
			}
			look := doctor.Config{
				Kafka: &where.kafka, Group: &where.group, Database: &where.database,
				Lanes: worker.Lanes, Timeout: timeout, OnCheck: func(doctor.Check) {},
			}
			if out == "text" { // each as soon as it is known
				look.OnCheck = func(c doctor.Check) { writeCheck(cmd.OutOrStdout(), c) }
			}
			return runDoctor(cmd, &look, &out)
		},
	}
	where.bind(cmd)
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	worker.Bind(own)
	cmd.Flags().AddFlag(own.Lookup("lanes"))
	cmd.Flags().DurationVar(&timeout, "timeout", 5*time.Second, "`TIME` that each check may take")
	out.bind(cmd.Flags())
	return cmd
}

func runDoctor(cmd *cobra.Command, look *doctor.Config, out *output) error {
	checks, err := look.Run(cmd.Context())
	if err != nil {
		if cmd.Context().Err() != nil {
			return err
		}
		return usage(err)
	}
	failed := doctor.Count(checks, doctor.Fail)
	view := doctorView{OK: failed == 0, Checks: make([]lookView, len(checks))}
	for i, c := range checks {
		view.Checks[i] = lookView{c.Name, c.State, jsonText(c.Found), orNull(c.Do)}
	}
	err = out.write(cmd.OutOrStdout(), view, func(w io.Writer) error {
		fmt.Fprintf(w, "\n%d ok, %s, %d failed, %d not looked at\n", doctor.Count(checks, doctor.OK),
			counted(doctor.Count(checks, doctor.Warn), "warning"), failed, doctor.Count(checks, doctor.Skipped))
		return nil
	})
	if err == nil && failed > 0 {
		err = fmt.Errorf("%s failed", counted(failed, "check"))
	}
	return err
}

// marks are what a check begins with, for people who look for colours and for those
// who look for words.
var marks = map[doctor.State]string{
	doctor.OK: "✓ ok  ", doctor.Warn: "! warn", doctor.Fail: "✗ fail", doctor.Skipped: "- none",
}

// writeCheck shows one check, and below it what to do.
func writeCheck(w io.Writer, c doctor.Check) {
	fmt.Fprintf(w, "%s  %-16s  %s\n", marks[c.State], c.Name, printable(c.Found))
	if c.Do != "" {
		fmt.Fprintf(w, "%26s→ %s\n", "", printable(c.Do))
	}
}
