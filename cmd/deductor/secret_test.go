package main

import (
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/twmb/franz-go/pkg/kfake"

	"deductor/internal/config"
	"deductor/internal/pgtest"
)

// hidden is both ends of every secret of these tests: what stands between them
// breaks a connection string in one way or another.
const hiddenBegin, hiddenEnd = "kw4z", "q9jp"

const hidden = hiddenBegin + "x" + hiddenEnd

// sayNothing fails when a command told any part of a secret.
func sayNothing(t *testing.T, r result) {
	t.Helper()
	for _, part := range []string{hiddenBegin, hiddenEnd} {
		if strings.Contains(r.stdout+r.stderr, part) {
			t.Errorf("the secret is told:\n%s%s", r.stdout, r.stderr)
		}
	}
}

// fail runs a command that must fail, and tell nothing.
func fail(t *testing.T, env map[string]string, args ...string) {
	t.Helper()
	r := runCommand(t, env, "", args...)
	if r.code == 0 || r.stderr == "" {
		t.Errorf("deductor %v: exit code %d, %q", args, r.code, r.stderr)
	}
	sayNothing(t, r)
}

// secrets are the flags of all secret settings.
func secrets() []string {
	found := make(map[string]bool)
	var look func(*cobra.Command)
	look = func(cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if config.IsSecret(f) {
				found[f.Name] = true
			}
		})
		for _, sub := range cmd.Commands() {
			look(sub)
		}
	}
	look(newRoot(process{}))
	return slices.Sorted(maps.Keys(found))
}

// Each secret setting has to be tried below.
func TestSecretSettingsAreTried(t *testing.T) {
	t.Parallel()
	if got := strings.Join(secrets(), " "); got !=
		"console-database-url console-password console-token database-url kafka-sasl-password" {
		t.Errorf("secret settings are %s: add a test that none of them is told", got)
	}
}

func TestHelpTellsNoSecret(t *testing.T) {
	t.Parallel()
	env := make(map[string]string)
	for _, flag := range secrets() {
		env[config.EnvName(flag)] = hidden
	}
	for _, args := range []string{"run --help", "help run", "status -h", "migrate up --help", "completion bash",
		"__complete run --database-url " + hidden + " --", "run --nope", "run extra", "version -o x"} {
		sayNothing(t, runCommand(t, env, "", strings.Fields(args)...))
	}
	fail(t, nil, "run", "--database-url", hidden, "--kafka-sasl-password", hidden)
	fail(t, nil, "run", "--database-url="+hidden, "--lanes=x")
	fail(t, nil, "run", "--database-ur="+hidden)
	fail(t, nil, "console", "--console-token", hidden, "--console-password", hidden, "--console-database-url", hidden)
}

func TestSecretFilesTellNothing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("postgres://u:"+hidden+"/@h:x/d\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(t.TempDir(), "none")
	for _, flag := range secrets() {
		name, fileName := config.EnvName(flag), config.EnvFileName(flag)
		env := map[string]string{"DEDUCTOR_KAFKA_BROKERS": "h:1", "DEDUCTOR_KAFKA_TOPIC": "t",
			"DEDUCTOR_KAFKA_GROUP": "g", "DEDUCTOR_DATABASE_URL": "postgres://h:x/d"}
		delete(env, name)
		env[fileName] = file
		fail(t, env, "console")
		env[name] = hidden
		r := runCommand(t, env, "", "console")
		r.expect(t, exitUsage, name+" is given", fileName, file)
		sayNothing(t, r)
		delete(env, name)
		env[fileName] = none
		r = runCommand(t, env, "", "console")
		r.expect(t, exitUsage, fileName, none)
		sayNothing(t, r)
	}
}

func TestDatabaseTroubleTellsNoSecret(t *testing.T) {
	t.Parallel()
	env, _, db := testEnv(t)
	real, err := url.Parse(db.WorkerURL(t))
	if err != nil {
		t.Fatal(err)
	}
	at := func(host, options string) string {
		u := *real
		u.User, u.RawQuery = url.UserPassword(real.User.Username(), hidden), "connect_timeout=1&"+options
		if host != "" {
			u.Host = host
		}
		return u.String()
	}
	missing := filepath.Join(t.TempDir(), "none.pem")
	for name, url := range map[string]string{
		"refused password":  at("", "sslmode=disable"),
		"nobody listens":    at("127.0.0.1:1", ""),
		"unknown host":      at("none.invalid:5432", ""),
		"silent":            at(silent(t, nil), ""),
		"no TLS":            at("", "sslmode=require"),
		"no CA file":        at("", "sslmode=verify-full&sslrootcert="+missing),
		"no key":            at("", "sslmode=require&sslcert="+missing+"&sslkey="+missing+"&sslpassword="+hidden),
		"no service":        at("", "service=none&servicefile="+missing),
		"unknown parameter": at("", "nonsense="+hidden),
		"keywords":          "host=127.0.0.1 port=1 user=u password='" + hiddenBegin + " " + hiddenEnd + "'",
		"slash":             "postgres://u:" + hiddenBegin + "/" + hiddenEnd + "@h/d",
		"hash":              "postgres://u:" + hiddenBegin + "#" + hiddenEnd + "@h/d",
		"escape":            "postgres://u:" + hiddenBegin + "%zz" + hiddenEnd + "@h/d",
		"quote":             "host=h password=" + hiddenBegin + "' " + hiddenEnd + " port=1",
		"only the password": hidden,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := with(env, "DATABASE_URL", url)
			for _, args := range []string{"order show o", "migrate up", "status", "doctor"} {
				fail(t, env, strings.Fields(args)...)
			}
			worker := startCommand(t, env, "", "run", "--log-level", "debug")
			eventually(t, func() string {
				if said := worker.stderr.String(); !strings.Contains(said, "database") {
					return "it does not say what is wrong: " + said
				}
				return ""
			})
			worker.stop()
			sayNothing(t, worker.wait(t))
		})
	}
}

func TestKafkaTroubleTellsNoSecret(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "payments"), kfake.EnableSASL(),
		kfake.Superuser("PLAIN", "me", "another"), kfake.Superuser("SCRAM-SHA-256", "me", "another"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	notPEM := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(notPEM, []byte(hidden), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]map[string]string{
		"refused, plain": {"KAFKA_SASL_MECHANISM": "plain"},
		"refused, scram": {"KAFKA_SASL_MECHANISM": "scram-sha-256"},
		"silent":         {"KAFKA_SASL_MECHANISM": "plain", "KAFKA_BROKERS": silent(t, nil)},
		"no TLS":         {"KAFKA_SASL_MECHANISM": "plain", "KAFKA_TLS": "true"},
		"no CA file":     {"KAFKA_SASL_MECHANISM": "plain", "KAFKA_TLS_CA_FILE": notPEM + ".none"},
		"not PEM":        {"KAFKA_SASL_MECHANISM": "plain", "KAFKA_TLS_CA_FILE": notPEM},
		"no mechanism":   {},
		"no user":        {"KAFKA_SASL_MECHANISM": "plain", "KAFKA_SASL_USERNAME": ""},
		"bad mechanism":  {"KAFKA_SASL_MECHANISM": hidden[:1]},
		"bad address":    {"KAFKA_SASL_MECHANISM": "plain", "KAFKA_BROKERS": "host"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := map[string]string{
				"DEDUCTOR_KAFKA_BROKERS": cluster.ListenAddrs()[0], "DEDUCTOR_KAFKA_TOPIC": "payments",
				"DEDUCTOR_KAFKA_GROUP": "debits", "DEDUCTOR_DATABASE_URL": db.URL, "DEDUCTOR_ADMIN_ADDR": "127.0.0.1:0",
				"DEDUCTOR_KAFKA_SASL_USERNAME": "me", "DEDUCTOR_KAFKA_SASL_PASSWORD": hidden,
			}
			for setting, value := range change {
				env = with(env, setting, value)
			}
			fail(t, env, "status")
			fail(t, env, "doctor")
			worker := startCommand(t, env, "", "run", "--log-level", "debug")
			eventually(t, func() string {
				if said := strings.ToLower(worker.stderr.String()); !strings.Contains(said, "unreachable") &&
					!strings.Contains(said, "deductor: ") {
					return "it does not say what is wrong: " + said
				}
				return ""
			})
			worker.stop()
			sayNothing(t, worker.wait(t))
		})
	}
}
