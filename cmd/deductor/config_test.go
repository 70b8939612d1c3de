package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deductor/internal/config"
)

func writeConfig(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "deductor.yaml")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Every command that has settings takes the file, and every setting may stand in
// it: one that a command binds has to be bound by config.All, too.
func TestFileHasEverySetting(t *testing.T) {
	t.Parallel()
	known := config.Known()
	each(newRoot(process{}), func(cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !config.IsSetting(f) || f.Name == "config" {
				return
			}
			if known.Lookup(f.Name) == nil {
				t.Errorf("%s has --%s, and config.All does not bind it", cmd.CommandPath(), f.Name)
			}
			if cmd.Flags().Lookup("config") == nil {
				t.Errorf("%s has settings and no --config", cmd.CommandPath())
			}
		})
	})
}

func TestConfigLint(t *testing.T) {
	t.Parallel()
	wrong := writeConfig(t, "kafka-broker: a:1\nlanes: many\nadmin-addr: nowhere\n")
	r := runCommand(t, nil, "", "config", "lint", wrong)
	r.expect(t, exitFailure, wrong+": 3 problems")
	for _, text := range []string{
		wrong + ":1:1: kafka-broker is no setting: did you mean kafka-brokers?\n", wrong + ":2:8: lanes: ",
		wrong + ":3:13: admin-addr: ",
	} {
		if !strings.Contains(r.stdout, text) {
			t.Errorf("it lacks %q:\n%s", text, r.stdout)
		}
	}
	runCommand(t, map[string]string{"DEDUCTOR_CONFIG": wrong}, "", "config", "lint").expect(t, exitFailure, "3 problems")
	runCommand(t, nil, "", "config", "lint").expect(t, exitUsage, "no file to check")
	runCommand(t, nil, "", "config", "lint", wrong+".none").expect(t, exitFailure, "no such file")

	good := writeConfig(t, "lanes: 4\n")
	if said := mustRun(t, nil, "config", "lint", good); said != good+" is well\n" {
		t.Errorf("a good file: %q", said)
	}
	var view struct {
		File               string
		OK                 bool
		Problems, Warnings []any
	}
	mustRead(t, nil, &view, "config", "lint", good)
	if !view.OK || view.File != good || view.Problems == nil || view.Warnings == nil {
		t.Errorf("got %+v", view)
	}
}

// A misspelt variable would leave a default in force without a word.
func TestUnknownVariableIsTold(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"DEDUCTOR_LANE": hidden, "DEDUCTOR_LANES": "4", "DEDUCTOR_CONSOLE_TOKEN_FILE": writeConfig(t, "token"),
	}
	const said = "DEDUCTOR_LANE is no setting: did you mean DEDUCTOR_LANES?\n"
	for args, code := range map[string]int{
		"config show":    exitOK,
		"run":            exitUsage, // for what it lacks
		"order show a-1": exitUsage,
	} {
		r := runCommand(t, env, "", strings.Fields(args)...)
		sayNothing(t, r)
		if r.code != code || strings.Count(r.stderr, "deductor: warning: ") != 1 || !strings.Contains(r.stderr, said) {
			t.Errorf("%s: exit code %d, it says %q", args, r.code, r.stderr)
		}
	}
	if r := runCommand(t, env, "", "version"); r.stderr != "" {
		t.Errorf("a command that has no settings says %q", r.stderr)
	}

	good := writeConfig(t, "lanes: 4\n")
	r := runCommand(t, env, "", "config", "lint", good)
	sayNothing(t, r)
	if want := "warning: " + said + good + " is well\n"; r.code != exitOK || r.stdout != want || r.stderr != "" {
		t.Errorf("config lint: exit code %d, %q, %q", r.code, r.stdout, r.stderr)
	}
	var view struct {
		File     string
		OK       bool
		Problems []any
		Warnings []string
	}
	mustRead(t, env, &view, "config", "lint", good)
	if !view.OK || len(view.Warnings) != 1 || view.Warnings[0]+"\n" != said {
		t.Errorf("config lint: got %+v", view)
	}
}

func TestConfigShow(t *testing.T) {
	t.Parallel()
	file := writeConfig(t, "lanes: 4\nbatch-max: 70\ndatabase-url: postgres://u:"+hidden+"@h/d\nadmin-addr: :1\n")
	env := map[string]string{"DEDUCTOR_BATCH_MAX": "60", "DEDUCTOR_CONFIG": file}
	r := runCommand(t, env, "", "config", "show", "--lanes=9")
	r.expect(t, 0)
	sayNothing(t, r)
	got := strings.Join(strings.Fields(r.stdout), " ")
	for _, want := range []string{
		"lanes 9 --lanes", "batch-max 60 DEDUCTOR_BATCH_MAX", "database-url (secret) " + file + ":3",
		"admin-addr :1 " + file + ":4", "session-timeout 10s default", "kafka-topic - default",
		"config " + file + " DEDUCTOR_CONFIG",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("it lacks %q:\n%s", want, r.stdout)
		}
	}
	var settings []struct {
		Setting             string
		Value, Name         *string
		Set, Secret         bool
		Source, Secret_File *string
		Line                *int
	}
	mustRead(t, env, &settings, "config", "show")
	for _, s := range settings {
		if s.Setting == "database-url" && (!s.Set || !s.Secret || s.Value != nil || *s.Source != "file" || *s.Line != 3) {
			t.Errorf("got %+v", s)
		}
	}
}

func TestCommandsTakeTheFile(t *testing.T) {
	t.Parallel()
	env, _, db := testEnv(t)
	file := writeConfig(t, "kafka-brokers: ["+env["DEDUCTOR_KAFKA_BROKERS"]+"]\n"+
		"kafka-topic: payments\nkafka-group: debits\n"+
		"database-url: "+db.URL+"\nlanes: 0\n")
	if said := mustRun(t, nil, "status", "--config", file); !strings.Contains(said, "topic payments, group debits") {
		t.Errorf("status says %q", said)
	}
	runCommand(t, nil, "", "run", "--config", file).expect(t, exitUsage, file+":5:8: lanes: it is 0")
	runCommand(t, nil, "", "status", "--config", file+".none").expect(t, exitUsage, "no such file")
	runCommand(t, nil, "", "status", "--config", writeConfig(t, "lane: 4\n")).expect(t, exitUsage, "did you mean lanes?")

	open := writeConfig(t, "database-url: "+db.URL+"\n")
	if err := os.Chmod(open, 0o644); err != nil { //nolint:gosec // this is what is warned of
		t.Fatal(err)
	}
	runCommand(t, nil, "", "account", "list", "--config", open).expect(t, 0,
		"warning: "+open+":1:15: database-url is a secret")
}

func TestCompletionKnowsWhatFlagsTake(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"run --log-format":           "json\ntext\nauto\n:4\n",
		"run --log-level":            "debug\ninfo\nwarn\nerror\n:4\n",
		"run --kafka-sasl-mechanism": "plain\nscram-sha-256\nscram-sha-512\n:4\n",
		"run --kafka-topic":          ":4\n",
		"run --kafka-tls-ca-file":    ":0\n",
		"run --config":               "yaml\nyml\n:8\n",
		"status -o":                  "text\njson\n:4\n",
		"deadletter list --state":    "open\nrequeued\ndiscarded\nall\n:4\n",
		"partition adopt --at":       "committed\nearliest\nlatest\n:4\n",
		"account create --kind":      "customer\nsettlement\n:4\n",
		"produce --file":             ":0\n",
		"account import":             ":0\n",
		"config lint":                "yaml\nyml\n:8\n",
		"order show":                 ":4\n",
	} {
		got := mustRun(t, nil, append(append([]string{"__completeNoDesc"}, strings.Fields(args)...), "")...)
		if got != want {
			t.Errorf("%s: %q, want %q", args, got, want)
		}
	}
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	env, _, db := testEnv(t)
	openAccounts(t, env, 1)
	r := runCommand(t, with(env, "DATABASE_URL", db.WorkerURL(t)), "", "doctor")
	r.expect(t, exitFailure, "1 check failed") // the tests' Postgres has fsync off
	for _, text := range []string{"✓ ok    topic             payments, 2 partitions\n",
		"✗ fail  durability        fsync is off", "→ set fsync = on", "21 ok"} {
		if !strings.Contains(r.stdout, text) {
			t.Errorf("it lacks %q:\n%s", text, r.stdout)
		}
	}
	r = runCommand(t, env, "", "doctor", "-o", "json")
	r.expect(t, exitFailure, "check failed")
	var view struct {
		OK     bool
		Checks []struct {
			Name, State, Found string
			Do                 *string
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &view); err != nil || view.OK || len(view.Checks) != 23 ||
		view.Checks[0].Name != "brokers" || view.Checks[0].Do != nil {
		t.Errorf("%+v, %v", view, err)
	}
	runCommand(t, nil, "", "doctor").expect(t, exitUsage, "--kafka-brokers")
	runCommand(t, env, "", "doctor", "--timeout=0s").expect(t, exitUsage, "--timeout")
}
