package config

import (
	"errors"
	"log/slog"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

// settings are all there are, as one command would have them.
type settings struct {
	Kafka    Kafka
	Group    Group
	Database Database
	Admin    Admin
	Worker   Worker
	Log      Log
}

// environ is an environment as [os.Environ] would have it.
func environ(env map[string]string) []string {
	var variables []string
	for name, value := range env {
		variables = append(variables, name+"="+value)
	}
	return variables
}

// resolve parses args and resolves the settings in an environment.
func resolve(t *testing.T, env map[string]string, args ...string) (settings, error) {
	t.Helper()
	var s settings
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	s.Kafka.Bind(flags)
	s.Group.Bind(flags)
	s.Database.Bind(flags)
	s.Admin.Bind(flags)
	s.Worker.Bind(flags)
	s.Log.Bind(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	_, err := Resolver{Environ: environ(env)}.Resolve(flags)
	return s, err
}

// minimum is the least that a worker has to be told.
var minimum = map[string]string{
	"DEDUCTOR_KAFKA_BROKERS": " a:1, b:2,",
	"DEDUCTOR_KAFKA_TOPIC":   "payments",
	"DEDUCTOR_KAFKA_GROUP":   "debits",
	"DEDUCTOR_DATABASE_URL":  "postgres://u:p@h/d",
}

// with is the minimum and more.
func with(more map[string]string) map[string]string {
	env := maps.Clone(minimum)
	maps.Copy(env, more)
	return env
}

func TestResolveDefaults(t *testing.T) {
	t.Parallel()
	got, err := resolve(t, minimum)
	want := settings{
		Kafka:    Kafka{Brokers: []string{"a:1", "b:2"}, Topic: "payments"},
		Group:    Group{"debits"},
		Database: Database{"postgres://u:p@h/d"},
		Admin:    Admin{Addr: "127.0.0.1:8321"},
		Worker:   Worker{Lanes: 3, BatchMax: 5000, SessionTimeout: 10 * time.Second},
		Log:      Log{slog.LevelInfo, "auto"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestResolveOrder(t *testing.T) {
	t.Parallel()
	env := with(map[string]string{
		"DEDUCTOR_LANES": "7", "DEDUCTOR_BATCH_MAX": "", "DEDUCTOR_KAFKA_TLS": "true",
		"DEDUCTOR_LOG_LEVEL": "debug", "DEDUCTOR_SESSION_TIMEOUT": "3s", "DEDUCTOR_ADMIN_ADDR": ":1",
	})
	got, err := resolve(t, env, "--kafka-brokers", "c:3", "--admin-addr", ":2", "--lanes=9")
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2]any{
		"a flag goes before the environment":   {got.Worker.Lanes, 9},
		"also before the environment's list":   {strings.Join(got.Kafka.Brokers, " "), "c:3"},
		"and before both":                      {got.Admin.Addr, ":2"},
		"the environment before the default":   {got.Worker.SessionTimeout, 3 * time.Second},
		"for a flag without a value, too":      {got.Kafka.Encryption.Enabled, true},
		"and for a level":                      {got.Log.Level, slog.LevelDebug},
		"an empty variable leaves the default": {got.Worker.BatchMax, 5000},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: got %v, want %v", name, pair[0], pair[1])
		}
	}
}

func TestResolveMissing(t *testing.T) {
	t.Parallel()
	_, err := resolve(t, with(map[string]string{
		"DEDUCTOR_KAFKA_BROKERS": "", "DEDUCTOR_DATABASE_URL": "",
	}), "--admin-addr=")
	var missing *MissingError
	if !errors.As(err, &missing) || len(missing.Flags) != 3 {
		t.Fatalf("got %v, want three missing settings", err)
	}
	for _, name := range []string{
		"--kafka-brokers or DEDUCTOR_KAFKA_BROKERS", "--database-url or DEDUCTOR_DATABASE_URL", "--admin-addr",
	} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("the error doesn't name %s: %v", name, err)
		}
	}
}

func TestResolveInvalid(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"LANES": "many", "SESSION_TIMEOUT": "10", "KAFKA_TLS": "maybe", "LOG_LEVEL": "loud", "LOG_FORMAT": "xml",
		"KAFKA_SASL_MECHANISM": "gssapi",
	} {
		_, err := resolve(t, with(map[string]string{"DEDUCTOR_" + name: value}))
		var invalid *InvalidError
		if !errors.As(err, &invalid) || EnvName(invalid.Flag) != "DEDUCTOR_"+name || errors.Unwrap(err) == nil ||
			!strings.Contains(err.Error(), "DEDUCTOR_"+name) {
			t.Errorf("DEDUCTOR_%s=%s: got %v", name, value, err)
		}
	}
}
