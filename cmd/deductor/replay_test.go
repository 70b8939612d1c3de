package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deductor/internal/replay"
)

func TestReplayFromPlanToReport(t *testing.T) {
	t.Parallel()
	env, kafka, db := settled(t)
	for _, sql := range []string{ // a-1 was never paid
		"DELETE FROM processed WHERE order_id = 'a-1'",
		"UPDATE account SET balance = balance + 100 WHERE name = 'customer-1'",
		`UPDATE settlement_stripe s SET balance = s.balance - 100 FROM transfer t
		  WHERE t.reference = 'a-1' AND s.account_id = t.credit_account AND s.stripe = t.credit_stripe`,
		"DELETE FROM transfer WHERE reference = 'a-1'",
	} {
		if _, err := db.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "plan.json")
	said := mustRun(t, env, "replay", "plan", "--to-offset", "1", "--save", file)
	for _, want := range []string{
		"--to-offset 1 of topic payments, group debits; as of ",
		"PARTITION  CURRENT  WATERMARK  TARGET  LOG START  LOG END  READ  APPLIED  DECLINED  SET ASIDE  NEW  DEBITS    NEW",
		"0          3        3          1       0          3        2     1        0         0          1    1.00 USD  0",
		"all                                                        3     2",
		"saved; to do it: deductor replay apply --plan",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("the plan lacks %q:\n%s", want, said)
		}
	}
	apply := []string{"replay", "apply", "--plan", file}
	said = mustRun(t, env, apply...)
	if !strings.Contains(said, "partition 0 goes back from offset 3 to 1\n") ||
		!strings.HasSuffix(said, "nothing was done: add --execute to do it\n") {
		t.Errorf("apply without --execute says\n%s", said)
	}
	if n := count(t, db, "SELECT count(*) FROM replay"); n != 0 {
		t.Errorf("it left %d rows", n)
	}
	runCommand(t, env, "", append(apply, "--execute")...).expect(t, exitUsage, "--reason is missing")
	runCommand(t, with(env, "KAFKA_GROUP", "others"), "", apply...).expect(t, exitRefused, "for group debits, not others")
	startWorker(t, env)
	awaitCommitted(t, kafka, 3, 2)
	said = mustRun(t, env, append(apply, "--execute", "--wait", "--reason", "INC-7", "--rate", "1000")...)
	for _, want := range []string{
		"replay 1 has begun\n", "newly applied       1 (planned 1)\n", "already answered    2 (planned 2)\n",
		"why                 INC-7\n",
		"[####################]  1     3     3", "audit: the books are right\n",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("apply lacks %q:\n%s", want, said)
		}
	}
	runCommand(t, env, "", append(apply, "--execute", "--reason", "again")...).
		expect(t, exitRefused, "replay 1 ran on it since the plan was made")
	var state replay.State
	mustRead(t, env, &state, "replay", "show", "1")
	if state.State != replay.Finished || state.Applied != 1 || !strings.Contains(state.Actor, "@") || *state.Rate != 1000 {
		t.Errorf("%+v", state)
	}
	var states []replay.State
	mustRead(t, env, &states, "replay", "list")
	if len(states) != 1 || states[0].ID != 1 {
		t.Errorf("%+v", states)
	}
	said = mustRun(t, env, "replay", "progress")
	if !strings.HasPrefix(said, "replay 1: [####################] 3 of 3 offsets") {
		t.Errorf("progress says\n%s", said)
	}
	if n := count(t, db, "SELECT count(*) FROM transfer"); n != 5 {
		t.Errorf("%d transfers, want 5", n)
	}
}

func TestReplayPlanTargets(t *testing.T) {
	t.Parallel()
	env, kafka, _ := settled(t)
	if err := kafka.Cluster.DeleteRecords(kafka.Topic, 0, 1); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := func(content string) string {
		name := filepath.Join(dir, fmt.Sprint(len(content)))
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	past, future := time.Now().Add(-time.Hour).UTC(), time.Now().Add(time.Hour).UTC()
	for _, test := range []struct {
		args    []string
		targets string // of partition 0 and 1; "" for no plan
		said    string // a warning, or the error
	}{
		{[]string{"--to-earliest"}, "1 0", ""},
		{[]string{"--to-offset", "0"}, "1 0", "offsets 0 to 0 are no longer in the log"},
		{[]string{"--to-offset", "2"}, "2 2", "offset 2 is not below its watermark, 2"},
		{[]string{"--shift-by", "-1"}, "2 1", ""},
		{[]string{"--to-datetime", past.Format(time.RFC3339)}, "1 0", "older ones of that time may have been removed"},
		{[]string{"--to-datetime", future.Format(time.RFC3339)}, "3 2", "has no record of " + future.Format(time.RFC3339)},
		{[]string{"--by-duration", "PT1H"}, "1 0", ""},
		{[]string{"--to-order", "b-1"}, "1", ""},
		{[]string{"--from-file", file("payments,1,1\n")}, "1", ""},
		{[]string{"--to-earliest", "--topic-scope", "payments:1"}, "0", ""},
		{[]string{"--to-earliest", "--topic-scope", "payments:7"}, "", "no partition 7"},
		{[]string{"--to-earliest", "--topic-scope", "others:0"}, "", "is not of topic payments"},
		{[]string{"--to-order", "unknown"}, "", `order "unknown" was never decided`},
		{[]string{"--to-datetime", "2026-01-31T13:00:00"}, "",
			"write 2026-01-31T13:00:00Z if it is UTC, or 2026-01-31T13:00:00"},
		{[]string{"--by-duration", "P1M"}, "", "no time span"},
		{[]string{"--shift-by", "5"}, "", "goes forward"},
		{[]string{"--from-file", file("others,1,1")}, "", `topic "others" is not "payments"`},
		{[]string{"--to-earliest", "--to-offset", "1"}, "", "none of the others can be"},
		{nil, "", "at least one of the flags"},
	} {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			t.Parallel()
			args := append([]string{"replay", "plan"}, test.args...)
			if test.targets == "" {
				r := runCommand(t, env, "", args...)
				if r.code != exitUsage && r.code != exitRefused || !strings.Contains(r.stderr, test.said) {
					t.Errorf("exit %d: %s", r.code, r.stderr)
				}
				return
			}
			var plan replay.Plan
			mustRead(t, env, &plan, args...)
			var targets []string
			for _, p := range plan.Partitions {
				targets = append(targets, fmt.Sprint(p.Target))
			}
			if got := strings.Join(targets, " "); got != test.targets {
				t.Errorf("targets %s, want %s", got, test.targets)
			}
			if warnings := strings.Join(plan.Warnings, "\n"); !strings.Contains(warnings, test.said) {
				t.Errorf("warnings lack %q:\n%s", test.said, warnings)
			}
		})
	}
}
