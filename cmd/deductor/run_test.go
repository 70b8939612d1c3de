package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"deductor/consumer"
	"deductor/internal/config"
	"deductor/internal/pgtest"

	"github.com/spf13/pflag"
)

func TestRunDebitsAndStops(t *testing.T) {
	t.Parallel()
	env, kafka, db := testEnv(t)
	openAccounts(t, env, 10)
	mustRun(t, env, "produce", "--count", "500", "--duplicates", "0.2", "--accounts", "10")
	worker, addr := startWorker(t, with(env, "DATABASE_URL", db.WorkerURL(t)), "--instance", "worker-1")
	awaitReady(t, addr)
	eventually(t, func() string {
		if n := count(t, db, "SELECT count(*) FROM transfer"); n != 400 {
			return strconv.FormatInt(n, 10) + " transfers, want 400"
		}
		return ""
	})
	if said := mustRun(t, nil, "healthcheck", "--admin-addr", addr); said != "ok\n" {
		t.Errorf("healthcheck says %q", said)
	}
	worker.stop()
	worker.wait(t).expect(t, 0)
	if committed := kafka.GroupOffsets(t, "debits"); committed[0]+committed[1] != 500 {
		t.Errorf("committed offsets are %v, of 500 records", committed)
	}
	if logged(worker, "worker stopped") == nil {
		t.Errorf("it does not say that it stopped:\n%s", worker.stderr)
	}
	runCommand(t, nil, "", "healthcheck", "--admin-addr", addr).expect(t, 1, "the worker does not answer")
}

func TestRunAnswersWhileItDrains(t *testing.T) {
	t.Parallel()
	env, kafka, db := testEnv(t)
	openAccounts(t, env, 1)
	worker, addr := startWorker(t, env)
	awaitReady(t, addr)
	lock, err := db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Rollback(context.WithoutCancel(t.Context())) }()
	if _, err := lock.Exec(t.Context(), "LOCK TABLE processed"); err != nil {
		t.Fatal(err)
	}
	kafka.Produce(t, 0, payments("a", 1)...)
	eventually(t, func() string {
		if count(t, db, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == 0 {
			return "no transaction waits for the lock"
		}
		return ""
	})
	worker.stop()
	for range 30 {
		runCommand(t, nil, "", "healthcheck", "--admin-addr", addr).expect(t, 0)
	}
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	worker.wait(t).expect(t, 0)
	if n := count(t, db, "SELECT count(*) FROM transfer"); n != 1 || kafka.GroupOffsets(t, "debits")[0] != 1 {
		t.Errorf("%d transfers, committed offsets %v", n, kafka.GroupOffsets(t, "debits"))
	}
}

func TestRunRefusesAtStart(t *testing.T) {
	t.Parallel()
	env, _, db := testEnv(t)
	empty := pgtest.NewEmpty(t)
	newer := pgtest.New(t)
	if _, err := newer.Pool.Exec(t.Context(), `INSERT INTO schema_migration (component, version, name, checksum)
		VALUES ('ledger', 999, 'future', repeat('a', 64))`); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	unknown := strings.Replace(db.URL, "/test_", "/none_", 1)
	for name, test := range map[string]struct {
		env  map[string]string
		code int
		said string
	}{
		"no schema":       {with(env, "DATABASE_URL", empty.URL), 1, `lacks dedupe 001`},
		"newer schema":    {with(env, "DATABASE_URL", newer.URL), 1, "ledger 999_future"},
		"wrong topic":     {with(env, "KAFKA_TOPIC", "nope"), 1, `topic "nope" does not exist`},
		"wrong password":  {with(env, "DATABASE_URL", withPassword(t, db.WorkerURL(t))), 1, "authentication failed"},
		"no database":     {with(env, "DATABASE_URL", unknown), 1, "does not exist"},
		"not a URL":       {with(env, "DATABASE_URL", "postgres://me:s3cr/et@host/db"), 2, "DEDUCTOR_DATABASE_URL"},
		"bad lanes":       {with(env, "LANES", "-1"), 2, "DEDUCTOR_LANES: it is -1"},
		"lanes no number": {with(env, "LANES", "x"), 2, "DEDUCTOR_LANES"},
		"bad address":     {with(env, "ADMIN_ADDR", "8321"), 2, `DEDUCTOR_ADMIN_ADDR: "8321" is not host:port`},
		"bad port":        {with(env, "ADMIN_ADDR", "127.0.0.1:83210"), 2, `DEDUCTOR_ADMIN_ADDR: "127.0.0.1:83210" is`},
		"port taken":      {with(env, "ADMIN_ADDR", taken.Addr().String()), 1, "admin address"},
		"half of SASL":    {with(env, "KAFKA_SASL_MECHANISM", "plain"), 2, "DEDUCTOR_KAFKA_SASL_USERNAME"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startCommand(t, test.env, "", "run").wait(t)
			r.expect(t, test.code, test.said)
			if strings.Contains(r.stderr, "s3cr") {
				t.Errorf("it tells the password: %s", r.stderr)
			}
		})
	}
}

// withPassword is the URL with another password.
func withPassword(t *testing.T, databaseURL string) string {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(u.User.Username(), "s3cr-et")
	return u.String()
}

func TestRunWaitsForTheDatabase(t *testing.T) {
	t.Parallel()
	env, _, db := testEnv(t)
	gate := newGate(t, db.URL)
	worker, addr := startWorker(t, with(env, "DATABASE_URL", gate.url))
	r := runCommand(t, nil, "", "healthcheck", "--ready", "--admin-addr", addr)
	r.expect(t, 1, "503", "database")
	runCommand(t, nil, "", "healthcheck", "--admin-addr", addr).expect(t, 0)
	eventually(t, func() string {
		if logged(worker, "database can't be reached, trying again") == nil {
			return "it does not say that it waits: " + worker.stderr.String()
		}
		if n := gate.refused.Load(); n < 5 {
			return fmt.Sprintf("it tried to connect %d times", n)
		}
		return ""
	})
	gate.open()
	awaitReady(t, addr)
	if n := strings.Count(worker.stderr.String(), "database can't be reached"); n != 1 {
		t.Errorf("it said %d times that it waits:\n%s", n, worker.stderr)
	}
	worker.stop()
	worker.wait(t).expect(t, 0)
}

func TestRunStopsWhileItWaits(t *testing.T) {
	t.Parallel()
	env, _, db := testEnv(t)
	for name, env := range map[string]map[string]string{
		"for the database": with(env, "DATABASE_URL", newGate(t, db.URL).url),
		"for the brokers":  with(env, "KAFKA_BROKERS", "127.0.0.1:1"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			worker, addr := startWorker(t, env)
			runCommand(t, nil, "", "healthcheck", "--ready", "--admin-addr", addr).expect(t, 1, "503")
			worker.stop()
			worker.wait(t).expect(t, 0)
		})
	}
}

func TestWorkerSettingsDefaultAsTheWorkerDoes(t *testing.T) {
	t.Parallel()
	var settings config.Worker
	settings.Bind(pflag.NewFlagSet("", pflag.ContinueOnError))
	defaults := consumer.Config{}.WithDefaults()
	if settings.Lanes != defaults.Lanes || settings.BatchMax != defaults.BatchMax ||
		settings.SessionTimeout != defaults.SessionTimeout {
		t.Errorf("settings are %+v, the worker's defaults %+v", settings, defaults)
	}
}
