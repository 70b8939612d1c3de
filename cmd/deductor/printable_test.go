package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode"
)

func TestJSONTextIsPrintableAndTheSame(t *testing.T) {
	t.Parallel()
	const text = "Zoë\t\x7f\u009b\u2028\u202e😀"
	encoded, err := json.Marshal(jsonText(text))
	if err != nil || strings.ContainsFunc(string(encoded), isUnprintable) {
		t.Fatalf("%q is written as %q, %v", text, encoded, err)
	}
	var again jsonText
	if err := json.Unmarshal(encoded, &again); err != nil || string(again) != text {
		t.Fatalf("%q is written as %s, which is read as %q, %v", text, encoded, again, err)
	}
}

func isUnprintable(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }

// Whatever a producer sends, and whatever name a worker has: what the commands
// and the worker's log write of it is text, and no more lines for it.
func TestOutputCannotBeForged(t *testing.T) {
	t.Parallel()
	const evil = "x\u202epaid\u2028deductor: ok\u200b"
	env, kafka, db := testEnv(t)
	for _, account := range []string{evil, "plain"} {
		mustRun(t, env, "account", "create", account, "--currency", "USD", "--balance", "10.00")
	}
	pay := func(order, account, amount string) string {
		return fmt.Sprintf(`{"order_id":%q,"account":%q,"amount":%q,"currency":"USD"}`, order, account, amount)
	}
	kafka.Produce(t, 0,
		pay(evil, evil, "1.00"), pay(evil, evil, "2.00"), pay("o\u202e", "nobody\u202e", "1.00"),
		"\x1b[2J\n{\"order_id\":\"\u202e\"}\r\ndeductor: ok", `{"order_id":"o\u009b","x\u2028":1}`)
	worker, addr := startWorker(t, env, "--instance", evil)
	awaitReady(t, addr)
	eventually(t, func() string {
		if n := count(t, db, "SELECT (SELECT count(*) FROM processed) + (SELECT count(*) FROM dead_letter)"); n != 5 {
			return fmt.Sprintf("%d records are settled", n)
		}
		return ""
	})
	said := make(map[string]string)
	for _, command := range []string{"account list", "deadletter list", "status", "partition list", "audit",
		"healthcheck --ready --admin-addr " + addr, "deadletter show 1", "deadletter show 2", "deadletter show 3"} {
		said[command] = mustRun(t, env, strings.Fields(command)...)
		if !strings.HasPrefix(command, "healthcheck") {
			said[command+" -o json"] = mustRun(t, env, append(strings.Fields(command), "-o", "json")...)
		}
	}
	for _, args := range [][]string{{"order", "show", evil}, {"order", "show", "o\u202e"}, {"account", "show", evil}} {
		said[args[0]+" show"] += mustRun(t, env, args...)
		said[args[0]+" show -o json"] += mustRun(t, env, append(args, "-o", "json")...)
	}
	for _, args := range [][]string{
		{"order", "show", "none\n" + evil}, {"account", "show", "none\n" + evil},
		{"account", "create", evil, "--currency", evil},
		{"partition", "skip", "--partition", "0", "--reason", evil}, {evil}, {"account", "close", "settlement:\n" + evil},
	} {
		r := runCommand(t, env, "", args...)
		said["error of "+args[0]] += r.stderr
		if lines := strings.Count(r.stderr, "\n"); lines != 1 {
			t.Errorf("the error of %q has %d lines:\n%s", args, lines, r.stderr)
		}
	}
	r := runCommand(t, env, pay(evil, "\u202e\n", "1")+"\n\u2028", "produce", "--file", "-", "--validate")
	said["produce"] = r.stderr
	worker.stop()
	said["the worker's log"] = worker.wait(t).stderr
	for what, text := range said {
		if strings.ContainsFunc(text, isUnprintable) {
			t.Errorf("%s writes\n%q", what, text)
		}
		if text == "" {
			t.Errorf("%s writes nothing", what)
		}
	}
}
