package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

func TestDemoShowsEachOrderDebitedOnce(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--orders", "400", "--duplicates", "100", "--keep")
	d.await("psql ")
	for _, text := range []string{
		"records read                                   502          502  ok\n",
		"  orders                                       400          400  ok\n",
		"    debited                                    396          396  ok\n",
		"  duplicates answered                          100          100  ok\n",
		"accounts with the right balance                503          503  ok\n",
	} {
		if !strings.Contains(d.stdout.String(), text) {
			t.Errorf("stdout lacks %q:\n%s", text, d.stdout)
		}
	}
	if !strings.Contains(d.stderr.String(), "was killed: SIGKILL") {
		t.Errorf("no worker was killed:\n%s", d.stderr)
	}
	env := make(map[string]string)
	exported := regexp.MustCompile(`(?m)^export (\w+)='?([^'\n]*)`)
	for _, line := range exported.FindAllStringSubmatch(d.stdout.String(), -1) {
		env[line[1]] = line[2]
	}
	if status := mustRun(t, env, "status"); !strings.Contains(status, "8 ok, 0 idle, 0 halted; lag 0") {
		t.Errorf("status of what was kept:\n%s", status)
	}
	d.signal(syscall.SIGTERM)
	d.expect(t, exitOK, "stopping")
	d.expectGone()
}

func TestDemoMarksAWrongNumber(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--orders", "50", "--duplicates", "10")
	d.await("was started in its place")
	const tamper = "UPDATE account SET balance = balance + 1 WHERE name = 'customer-1'"
	tag, err := d.database().Exec(t.Context(), tamper)
	if err != nil || tag.RowsAffected() != 1 {
		t.Fatalf("%v, error %v", tag, err)
	}
	d.expect(t, exitVerify, "the result is wrong: accounts with the right balance", "logs are kept in "+d.dir)
	for _, text := range []string{
		"503          502  WRONG\n", "\n  customer-1 holds ", "\n  account_balances: customer-1: ",
	} {
		if !strings.Contains(d.stdout.String(), text) {
			t.Errorf("stdout lacks %q:\n%s", text, d.stdout)
		}
	}
}

func TestDemoLeavesNothingWhenInterrupted(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"starting Postgres", "database at", "worker-1 (pid", "was killed"} {
		t.Run(when, func(t *testing.T) {
			t.Parallel()
			d := startDemo(t, "--orders", "50", "--duplicates", "10")
			d.await(when)
			d.signal(os.Interrupt)
			d.expect(t, exitFailure, "interrupted")
			d.expectGone()
		})
	}
}

func TestDemoTakesItsProcessesAlongWhenKilled(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("other systems leave the workers to themselves")
	}
	d := startDemo(t)
	d.await("worker-1 (pid")
	d.signal(os.Kill)
	d.expect(t, -1)
	d.expectWorkersGone()
	eventually(t, func() string {
		left, err := filepath.Glob(filepath.Join(d.dir, "deductor-postgres-*"))
		if err != nil || len(left) > 0 {
			return fmt.Sprintf("Postgres is there: %v (error %v)", left, err)
		}
		return ""
	})
}

func TestDemoRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	for flag, value := range map[string]string{"--orders": "9", "--duplicates": "-1", "--workers": "9"} {
		runCommand(t, nil, "", "demo", flag, value).expect(t, exitUsage, flag+" is "+value, "it must be from")
	}
}
