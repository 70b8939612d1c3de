package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"deductor/internal/pgtest"
)

// waitingEnv is settledEnv with five dead letters: 1 is malformed, 2 to 4 are
// commands of alice's that waited behind it, 5 is a conflict.
func waitingEnv(t *testing.T) (map[string]string, *pgtest.DB) {
	t.Helper()
	env, db := settledEnv(t,
		`{"order_id":"paid","account":"alice","amount":"1.00","currency":"USD"}`,
		`{"order_id":"bad","account":"alice","currency":"USD"}`,
		`{"order_id":"o-1","account":"alice"}`,
		`{"order_id":"o-2","account":"alice"}`,
		`{"order_id":"o-3","account":"alice"}`,
		`{"order_id":"paid","account":"alice","amount":"2.00","currency":"USD"}`,
	)
	for i, amount := range []string{"6.00", "5.00", "3.00"} {
		value := fmt.Sprintf(`{"order_id":"o-%d","account":"alice","amount":"%s","currency":"USD"}`, i+1, amount)
		if _, err := db.Pool.Exec(t.Context(), `UPDATE dead_letter SET reason = 'account_quarantined', record_value = $1
			WHERE order_id = $2`, []byte(value), fmt.Sprintf("o-%d", i+1)); err != nil {
			t.Fatal(err)
		}
	}
	return env, db
}

const rehearsedText = `requeue 5 dead letters: 3 account_quarantined, 1 amount_missing, 1 order_conflict
refused again  2
waiting        3

still open:
ID  OUTCOME  WHY
1   refused  amount_missing: missing amount or amount_minor; expected one of them
2   waiting  account_quarantined: an earlier dead letter of account "alice" is open: requeue or discard it first
3   waiting  account_quarantined: an earlier dead letter of account "alice" is open: requeue or discard it first
4   waiting  account_quarantined: an earlier dead letter of account "alice" is open: requeue or discard it first
5   refused  order_conflict: the order is known with another amount_minor
nothing was done: add --execute to do it
`

const requeuedJSON = `{
  "action": "requeue",
  "executed": true,
  "selected": 4,
  "codes": {
    "account_quarantined": 3,
    "order_conflict": 1
  },
  "applied": 2,
  "declined": 1,
  "duplicate": 0,
  "discarded": 0,
  "refused": 1,
  "waiting": 0,
  "skipped": 0,
  "not_reached": 0,
  "still_open": [
    {
      "id": 5,
      "outcome": "refused",
      "detail": "order_conflict: the order is known with another amount_minor"
    }
  ]
}
`

func TestDeadletterRequeue(t *testing.T) {
	t.Parallel()
	env, _ := waitingEnv(t)
	run := func(args string) result {
		t.Helper()
		return runCommand(t, env, "", append(strings.Fields("deadletter "+args), "--reason", "INC 7")...)
	}
	rehearsed := run("requeue --all")
	rehearsed.expect(t, exitRefused, "dead letters 5 of 5 (100 %)", "requeue: all 5 stay open")
	wantOutput(t, rehearsed.stdout, rehearsedText)
	alone := run("requeue 3 --execute")
	alone.expect(t, exitRefused, "all 1 stay open")
	if !strings.Contains(alone.stdout, `dead letter 1 of account "alice" is open`) {
		t.Errorf("it says\n%s", alone.stdout)
	}

	discard := run("discard 1")
	discard.expect(t, exitOK)
	const discardedText = "discard 1 dead letters: 1 amount_missing\ndiscarded  1\n"
	wantOutput(t, discard.stdout, discardedText+"nothing was done: add --execute to do it\n")
	discard = run("discard 1 --execute")
	discard.expect(t, exitOK)
	wantOutput(t, discard.stdout, discardedText+"done\n")
	run("discard 1 --execute").expect(t, exitRefused, "discard: none of them was open")

	requeued := run("requeue --account alice --execute -o json")
	requeued.expect(t, exitPartial, "requeue: 1 of 4 stay open")
	wantOutput(t, requeued.stdout, requeuedJSON)
	var account accountView
	mustRead(t, env, &account, "account", "show", "alice")
	if account.Balance != "0.00" {
		t.Errorf("alice holds %s, want 0.00: 10.00 - 1.00 - 6.00 - 3.00", account.Balance)
	}
	run("requeue --code account_quarantined --execute").expect(t, exitRefused, "no open dead letter matches")
	run("requeue 2 99 --execute").expect(t, exitRefused, "dead letter 99: no such dead letter", "nothing was done")
	again := run("requeue 2 3 --execute")
	again.expect(t, exitRefused, "requeue: none of them was open")

	shown := untimed(mustRun(t, env, "deadletter", "show", "3"))
	want := fmt.Sprintf("\nactions:\nWHEN                  ACTION   OUTCOME   %-*s  WHY    DETAIL\n", len(actor()), "WHO")
	if !strings.Contains(shown, want) || strings.Count(shown, actor()+"  INC 7  ") != 2 ||
		!strings.Contains(shown, "state             requeued\n") {
		t.Errorf("it is shown as\n%s, want\n%s", shown, want)
	}
	var letter shownView
	mustRead(t, env, &letter, "deadletter", "show", "3")
	if letter.State != "requeued" || letter.ResolvedAt == nil || len(letter.Actions) != 2 ||
		*letter.Actions[0].Outcome != "waiting" || *letter.Actions[1].Outcome != "declined" ||
		letter.Actions[1].Detail != nil || letter.Actions[1].Reason != "INC 7" {
		t.Errorf("it is %+v", letter)
	}
	listed := mustRun(t, env, "deadletter", "list", "--state", "requeued")
	if strings.Count(listed, "account_quarantined") != 3 {
		t.Errorf("requeued are\n%s", listed)
	}
}

func TestDeadletterSelectionIsExplicit(t *testing.T) {
	t.Parallel()
	env := map[string]string{"DEDUCTOR_DATABASE_URL": "postgres://127.0.0.1:1/nothing"}
	for args, said := range map[string]string{
		"requeue":                         "say which dead letters: ids, a filter such as --code, or --all",
		"discard 1 --all":                 "give ids or filters, not both",
		"discard 1 --code x":              "give ids or filters, not both",
		"discard --all --code x":          "--all goes without filters",
		"requeue x":                       `"x" is not the id of a dead letter`,
		"requeue 0":                       `"0" is not the id of a dead letter`,
		"requeue --from-id -1":            `--from-id: "-1" is not the id of a dead letter`,
		"discard --to-id 0":               `--to-id: "0" is not the id of a dead letter`,
		"discard --order=":                "--order is empty: leave it out to match all",
		"discard --account= --code x":     "--account is empty",
		"export":                          "say which dead letters",
		"export --all --state done":       `"done" is none of open, requeued, discarded, all`,
		"requeue 1 --reason= --execute":   "--reason is empty: say why",
		"requeue 1 --reason=\xff":         "--reason is not text in UTF-8",
		"list --code=":                    "--code is empty",
		"requeue --all --partition three": "invalid argument",
	} {
		words := strings.Fields("deadletter " + args)
		if !strings.Contains(args, "--reason") && !strings.HasPrefix(args, "list") {
			words = append(words, "--reason", "why")
		}
		runCommand(t, env, "", words...).expect(t, exitUsage, said)
	}
	for _, action := range []string{"requeue", "discard", "export"} {
		runCommand(t, env, "", "deadletter", action, "1").expect(t, exitUsage, `required flag(s) "reason" not set`)
	}
}

func TestDeadletterExport(t *testing.T) {
	t.Parallel()
	values := []string{"\xff\x00", `{"order_id":"bad","account":"alice"}`, "", "<&\u2028\x1b>"}
	env, db := settledEnv(t, values...)
	piped := runCommand(t, env, "", "deadletter", "export", "--all", "--reason", "audit")
	piped.expect(t, exitOK, "exported 4, ")
	lines := strings.Split(strings.TrimSuffix(piped.stdout, "\n"), "\n")
	if len(lines) != len(values) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(values), piped.stdout)
	}
	for i, line := range lines {
		var letter contentView
		if err := json.Unmarshal([]byte(line), &letter); err != nil {
			t.Fatalf("line %d: %v: %s", i, err, line)
		}
		text := letter.Value != nil && string(*letter.Value) == values[i]
		if string(letter.ValueBase64) != values[i] || text != utf8.ValidString(values[i]) ||
			string(letter.KeyBase64) != "alice" || len(letter.Headers) != 2 || letter.ID != int64(i+1) {
			t.Errorf("line %d is %s", i, line)
		}
		if strings.ContainsAny(line, "\x1b\u2028") {
			t.Errorf("line %d is not safe for terminals: %q", i, line)
		}
	}
	file := filepath.Join(t.TempDir(), "letters.jsonl")
	toFile := runCommand(t, env, "", "deadletter", "export", "1", "3", "--reason", "audit", "--file", file)
	toFile.expect(t, exitOK)
	content, err := os.ReadFile(file)
	if err != nil || string(content) != lines[0]+"\n"+lines[2]+"\n" || toFile.stdout != "" {
		t.Errorf("the file has\n%s, %v", content, err)
	}
	runCommand(t, env, "", "deadletter", "export", "1", "--reason", "audit", "--file", file).expect(t, exitFailure,
		"letters.jsonl: file exists")
	runCommand(t, env, "", "deadletter", "export", "1", "9", "--reason", "audit").expect(t, exitRefused,
		"dead letter 9: no such dead letter")
	var actions string
	if err := db.Pool.QueryRow(t.Context(), `SELECT string_agg(dead_letter_id || action, ' ' ORDER BY id)
		FROM dead_letter_action`).Scan(&actions); err != nil || actions != "1export 2export 3export 4export 1export 3export" {
		t.Errorf("actions %s, %v", actions, err)
	}
	none := runCommand(t, env, "", "deadletter", "export", "--all", "--state", "discarded", "--reason", "audit")
	none.expect(t, exitOK)
	wantOutput(t, none.stdout, "")
}
