package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

// configFile is a file that only its owner may read.
func configFile(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "deductor.yaml")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// resolveFile resolves the settings of a command with flags, an environment and
// a file.
func resolveFile(t *testing.T, file string, env map[string]string, args ...string) (All, *Resolution, error) {
	t.Helper()
	var all All
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	all.Bind(flags)
	BindFile(flags)
	if err := flags.Parse(append(args, "--config", file)); err != nil {
		t.Fatal(err)
	}
	found, err := Resolver{Environ: environ(env)}.Resolve(flags)
	return all, found, err
}

func TestFileIsBehindFlagsAndEnvironment(t *testing.T) {
	t.Parallel()
	file := configFile(t, "lanes: 7\nbatch-max: 70\nsession-timeout: 3s\nkafka-tls: true\nlog-level: debug\n"+
		"kafka-brokers:\n  - a:1\n  - b:2\nkafka-topic: 007\nkafka-group: # none\n")
	got, found, err := resolveFile(t, file, map[string]string{"DEDUCTOR_BATCH_MAX": "60", "DEDUCTOR_LANES": "6"},
		"--lanes=5")
	if err != nil {
		t.Fatal(err)
	}
	if got.Worker.Lanes != 5 || got.Worker.BatchMax != 60 || got.Worker.SessionTimeout != 3*time.Second ||
		!got.Kafka.Encryption.Enabled || got.Log.Level.String() != "DEBUG" || got.Kafka.Brokers.String() != "a:1,b:2" ||
		got.Kafka.Topic != "007" || got.Group.Name != "" {
		t.Errorf("got %+v", got)
	}
	for setting, want := range map[string]string{
		"lanes": "--lanes", "batch-max": "DEDUCTOR_BATCH_MAX", "session-timeout": file + ":3", "kafka-brokers": file + ":7",
		"kafka-group": "default", "admin-addr": "default", "config": "--config",
	} {
		if origin := found.Origin(setting).String(); origin != want {
			t.Errorf("%s is from %s, want %s", setting, origin, want)
		}
	}
}

func TestFileIsNamedByTheEnvironment(t *testing.T) {
	t.Parallel()
	got, err := resolve(t, with(map[string]string{"DEDUCTOR_CONFIG": configFile(t, "lanes: 7\n")}))
	if err != nil || got.Worker.Lanes != 3 {
		t.Errorf("a command without the flag has no file: %d lanes, %v", got.Worker.Lanes, err)
	}
	var worker Worker
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	worker.Bind(flags)
	BindFile(flags)
	env := map[string]string{"DEDUCTOR_CONFIG": configFile(t, "kafka-topic: payments\nlanes: 7\n")}
	_, err = Resolver{Environ: environ(env)}.Resolve(flags)
	if err != nil || worker.Lanes != 7 {
		t.Errorf("%d lanes, %v, want 7, and no word of another command's topic", worker.Lanes, err)
	}
}

// wrongFiles are files with what is said about each; NAME stands for the file.
var wrongFiles = map[string]struct {
	content string
	said    []string
}{
	"a misspelt name": {"lanes: 4\nkafka-broker: a:1\n",
		[]string{"NAME:2:1: kafka-broker is no setting: did you mean kafka-brokers?"}},
	"the variable":     {"DEDUCTOR_KAFKA_TOPIC: t\n", []string{"NAME:1:1: ", "did you mean kafka-topic?"}},
	"underscores":      {"batch_max: 5\n", []string{"NAME:1:1: ", "did you mean batch-max?"}},
	"a far name":       {"colour: red\n", []string{"NAME:1:1: colour is no setting: ", "config schema"}},
	"the file's own":   {"config: x.yaml\n", []string{"NAME:1:1: config is no setting"}},
	"a command's flag": {"output: json\n", []string{"NAME:1:1: output is no setting"}},
	"twice": {"lanes: 4\nadmin-addr: :1\nlanes: 5\n",
		[]string{"NAME:3:1: lanes: it is given twice, first in line 1"}},
	"nested":           {"kafka:\n  brokers: a:1\n", []string{"NAME:1:1: kafka: names are flat"}},
	"a wrong value":    {"admin-addr: :1\nlanes:   many\n", []string{`NAME:2:10: lanes: "many" is no whole number`}},
	"a wrong time":     {"session-timeout: 10\n", []string{`NAME:1:18: session-timeout: "10" is no length of time`}},
	"neither":          {"kafka-tls: yes\n", []string{`NAME:1:12: kafka-tls: "yes" is neither true nor false`}},
	"a wrong word":     {"log-format: xml\n", []string{`NAME:1:13: log-format: "xml" is not one of json, text, auto`}},
	"a list":           {"kafka-topic: [a, b]\n", []string{"NAME:1:14: kafka-topic: it is one value, not a list"}},
	"a list in a list": {"kafka-brokers: [[a]]\n", []string{"NAME:1:17: kafka-brokers: a value is text"}},
	"an alias":         {"instance: &a x\nkafka-group: *a\n", []string{"NAME:1:", "NAME:2:"}},
	"no mapping":       {"- lanes\n", []string{"NAME:1:1: this is no list of settings"}},
	"only text":        {"lanes 4\n", []string{"NAME:1:1: this is no list of settings"}},
	"two documents":    {"lanes: 4\n---\nlanes: 5\n", []string{"NAME:3:", "a second document"}},
	"an open quote": {"lanes: 4\nkafka-topic: \"x\n",
		[]string{"NAME:2:14: this is not YAML: could not find end character"}},
	"a tab": {"lanes:\n\t4\n", []string{"NAME:2:", "this is not YAML"}},
	"both ways": {"database-url: x\ndatabase-url-file: /run/url\n",
		[]string{"NAME:2:1: database-url-file: database-url is given, too"}},
	"a secret's file": {"kafka-sasl-password-file: /nonexistent/p\n",
		[]string{`NAME:1:27: kafka-sasl-password-file: it names "/nonexistent/p": can't open it`}},
	"another's file": {"lanes-file: x\n", []string{"NAME:1:1: lanes-file is no setting"}},
	"all at once": {"a: 1\nlanes: x\nb: 2\nbatch-max: y\n", []string{"NAME:1:1: ", "NAME:2:8: lanes",
		"NAME:3:1: ", "NAME:4:12: batch-max"}},
	"a key of a key":    {"? lanes\n: 4\n", []string{"NAME:1:"}},
	"a number's name":   {"4: 5\n", []string{"NAME:1:1: a setting's name is plain text"}},
	"a reserved letter": {"lanes: @4\n", []string{"NAME:1:", "this is not YAML"}},
}

func TestFileIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range wrongFiles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := configFile(t, test.content)
			_, _, err := resolveFile(t, file, nil)
			var wrong *FileError
			if !errors.As(err, &wrong) || wrong.File != file {
				t.Fatalf("%v is no *FileError", err)
			}
			read, err := ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			problems, _ := read.Lint()
			linted := (&FileError{file, problems}).Error()
			for _, text := range test.said {
				text = strings.ReplaceAll(text, "NAME", file)
				if !strings.Contains(wrong.Error(), text) || !strings.Contains(linted, text) {
					t.Errorf("it lacks %q:\n%v\nlint:\n%s", text, wrong, linted)
				}
			}
			if !slices.IsSortedFunc(problems, func(a, b Problem) int { return a.Line - b.Line }) {
				t.Errorf("not in the order of lines:\n%s", linted)
			}
		})
	}
}

func TestFileCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for what, test := range map[string]struct{ file, said string }{
		"not there":   {filepath.Join(dir, "none"), "no such file"},
		"a directory": {dir, "directory"},
		"too large":   {configFile(t, "#"+strings.Repeat("x", maxFile)), "bytes"},
	} {
		_, _, err := resolveFile(t, test.file, nil)
		var wrong *OpenError
		if !errors.As(err, &wrong) || wrong.File != test.file || !strings.Contains(err.Error(), test.said) ||
			strings.Count(err.Error(), test.file) != 1 {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestFileThatIsEmpty(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "\n", "# nothing\n", "---\n", "---\n...\n", "{}\n", "lanes:\n", "lanes: ''\n",
		"\ufefflanes: 3\n"} {
		got, _, err := resolveFile(t, configFile(t, content), nil)
		if err != nil || got.Worker.Lanes != 3 {
			t.Errorf("%q: %d lanes, %v", content, got.Worker.Lanes, err)
		}
	}
}

func TestFileWithSecrets(t *testing.T) {
	t.Parallel()
	file := configFile(t, "database-url: postgres://u:kw4zq9jp@h/d\nkafka-sasl-password-file: "+secretFile(t,
		"kw4z\n")+"\n")
	got, found, err := resolveFile(t, file, nil)
	if err != nil || got.Database.URL != "postgres://u:kw4zq9jp@h/d" || got.Kafka.Authentication.Password != "kw4z" {
		t.Fatalf("got %q and %q, %v", got.Database.URL, got.Kafka.Authentication.Password, err)
	}
	if len(found.Warnings) != 0 || found.Origin("kafka-sasl-password").SecretFile == "" {
		t.Errorf("warnings %q, origin %+v", found.Warnings, found.Origin("kafka-sasl-password"))
	}
	if err := os.Chmod(file, 0o644); err != nil { //nolint:gosec // this is what is warned of
		t.Fatal(err)
	}
	_, found, err = resolveFile(t, file, nil)
	if err != nil || len(found.Warnings) != 1 || !strings.Contains(found.Warnings[0],
		file+":1:15: database-url is a secret") {
		t.Errorf("a readable file with a secret: %q, %v", found.Warnings, err)
	}
	open := configFile(t, "lanes: 4\n")
	if err := os.Chmod(open, 0o644); err != nil { //nolint:gosec // this is what is not warned of
		t.Fatal(err)
	}
	if _, found, err = resolveFile(t, open, nil); err != nil || len(found.Warnings) != 0 {
		t.Errorf("a readable file without a secret: %q, %v", found.Warnings, err)
	}
}

func TestLocate(t *testing.T) {
	t.Parallel()
	file := configFile(t, "\nlanes: 0\n")
	all, found, err := resolveFile(t, file, nil)
	if err != nil {
		t.Fatal(err)
	}
	located := found.Locate(all.Worker.Validate())
	if located == nil || located.Error() != file+":2:8: lanes: it is 0: it must be at least 1" {
		t.Errorf("got %v", located)
	}
	other := errors.New("other")
	if got := found.Locate(other); got.Error() != "other" || found.Locate(nil) != nil ||
		(*Resolution)(nil).Locate(other).Error() != "other" {
		t.Error("other errors are changed")
	}
	all, found, err = resolveFile(t, file, nil, "--lanes=-1")
	if err != nil {
		t.Fatal(err)
	}
	if err := found.Locate(all.Worker.Validate()); !strings.HasPrefix(err.Error(), "--lanes or DEDUCTOR_LANES: ") {
		t.Errorf("a flag is looked for in the file: %v", err)
	}
}

func TestLintAsksWhoReadsTheValues(t *testing.T) {
	t.Parallel()
	file := configFile(t, "lanes: 0\ndatabase-url: postgres://u:kw4z/q9jp@h/d\nkafka-brokers: host\nadmin-addr: nowhere\n"+
		"kafka-tls-ca-file: /nonexistent\nkafka-sasl-mechanism: plain\nsession-timeout: 1ms\n")
	read, err := ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	problems, warnings := read.Lint()
	said := (&FileError{"f", problems}).Error()
	for _, text := range []string{
		"f:1:8: lanes: it is 0", "f:2:15: database-url: it is not a connection string", "f:4:13: admin-addr: ",
		"f:5:20: kafka-tls-ca-file: ",
	} {
		if !strings.Contains(said, text) {
			t.Errorf("it lacks %q:\n%s", text, said)
		}
	}
	if strings.Contains(said, "kw4z") || strings.Contains(said, "q9jp") || len(warnings) != 0 {
		t.Errorf("it tells the secret, or warns: %s %q", said, warnings)
	}
	if strings.Contains(said, "sasl") {
		t.Errorf("the user and the password may stand elsewhere: %s", said)
	}
}
