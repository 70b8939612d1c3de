package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestEveryCommandIsExplained(t *testing.T) {
	t.Parallel()
	var look func(*cobra.Command)
	look = func(cmd *cobra.Command) {
		if cmd.Name() == "help" {
			return
		}
		if cmd.Short == "" || cmd.Long == "" || cmd.Example == "" {
			t.Errorf("%s: short %q, long %q, example %q", cmd.CommandPath(), cmd.Short, cmd.Long, cmd.Example)
		}
		args := append(strings.Fields(cmd.CommandPath())[1:], "--help")
		r := runCommand(t, nil, "", args...)
		r.expect(t, 0)
		if !strings.Contains(r.stdout, "Examples:\n") || r.stderr != "" {
			t.Errorf("%s --help shows no example:\n%s%s", cmd.CommandPath(), r.stdout, r.stderr)
		}
		for _, sub := range cmd.Commands() {
			look(sub)
		}
	}
	look(newRoot(process{}))
}

// somewhere is what the console has to be told.
const somewhere = "--kafka-brokers b:1 --kafka-topic t --kafka-group g --database-url postgres://h/d"

func TestUsageErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ args, said string }{
		{"nope", `unknown command "nope"`},
		{"partitoin", "partition"},
		{"partition lst", "did you mean list?"},
		{"partition nope", `unknown command "nope" for "deductor partition"`},
		{"version --nope", "unknown flag: --nope"},
		{"version -o yaml", `"yaml" is neither text nor json`},
		{"version extra", "extra"},
		{"run", "--kafka-brokers or DEDUCTOR_KAFKA_BROKERS"},
		{"status", "--database-url or DEDUCTOR_DATABASE_URL"},
		{"migrate up", "--database-url or DEDUCTOR_DATABASE_URL"},
		{"migrate sql --pending", "--database-url or DEDUCTOR_DATABASE_URL"},
		{"migrate sql --role= ", "--role is empty"},
		{"migrate up --role= --database-url postgres://h/d", "--role is empty"},
		{"produce --kafka-brokers b:1 --kafka-topic t", "[file count]"},
		{"produce --kafka-brokers b:1 --kafka-topic t --count 0", "the count is 0"},
		{"produce --kafka-brokers b:1 --kafka-topic t --count 1 --amount-max 1.234", "--amount-max"},
		{"produce --kafka-brokers b --kafka-topic t --count 1", "--kafka-brokers"},
		{"healthcheck --admin-addr nowhere", "--admin-addr"},
		{"healthcheck --admin-addr 127.0.0.1:83210", "--admin-addr"},
		{"console --admin-addr nowhere " + somewhere, "--admin-addr"},
		{"partition skip --reason x", "partition"},
		{"partition adopt --all --partition 1 --reason x", "[all partition]"},
	} {
		t.Run(test.args, func(t *testing.T) {
			t.Parallel()
			r := runCommand(t, nil, "", strings.Fields(test.args)...)
			r.expect(t, exitUsage, test.said)
			if r.stdout != "" || strings.Contains(r.stderr, "Usage:") {
				t.Errorf("it says more than the error: %s%s", r.stdout, r.stderr)
			}
		})
	}
}

func TestGroupAloneShowsHelp(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"partition"}, {"migrate"}} {
		r := runCommand(t, nil, "", args...)
		r.expect(t, 0)
		if !strings.Contains(r.stdout, "Available Commands:") {
			t.Errorf("deductor %v shows no help:\n%s", args, r.stdout)
		}
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	var v struct{ Version, Go, Platform string }
	mustRead(t, nil, &v, "version")
	if v.Version == "" || !strings.HasPrefix(v.Go, "go1.") || !strings.Contains(v.Platform, "/") {
		t.Errorf("version is %+v", v)
	}
	if said := mustRun(t, nil, "--version"); said != "deductor "+v.Version+"\n" {
		t.Errorf("--version says %q, version %q", said, v.Version)
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if script := mustRun(t, nil, "completion", shell); !strings.Contains(script, "deductor") {
			t.Errorf("completion %s is no script for deductor", shell)
		}
	}
}
