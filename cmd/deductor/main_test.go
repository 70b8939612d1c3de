package main

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"deductor/internal/kafkatest"
	"deductor/internal/pgtest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(pgtest.Tests{M: m})
}

// result is how a command ended.
type result struct {
	stdout, stderr string
	code           int
}

// runCommand runs deductor in this process, with nothing else in its
// environment than env.
func runCommand(t *testing.T, env map[string]string, stdin string, args ...string) result {
	t.Helper()
	return startCommand(t, env, stdin, args...).wait(t)
}

// running is a command that has not ended yet.
type running struct {
	stdout, stderr *safeBuffer
	stop           context.CancelFunc // as SIGTERM does
	ended          chan int
}

// startCommand starts deductor in this process. It is stopped, as by SIGTERM,
// when the test ends.
func startCommand(t *testing.T, env map[string]string, stdin string, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	r := &running{&safeBuffer{}, &safeBuffer{}, cancel, make(chan int, 1)}
	var environ []string
	for name, value := range env {
		environ = append(environ, name+"="+value)
	}
	go func() {
		r.ended <- execute(ctx, process{args, environ, strings.NewReader(stdin), r.stdout, r.stderr})
	}()
	t.Cleanup(func() { cancel(); r.wait(t) })
	return r
}

// wait waits for the command to end.
func (r *running) wait(t *testing.T) result {
	t.Helper()
	timer := time.NewTimer(deadline)
	defer timer.Stop()
	select {
	case code := <-r.ended:
		r.ended <- code
		return result{r.stdout.String(), r.stderr.String(), code}
	case <-timer.C:
		t.Errorf("the command did not end within %v; stderr:\n%s", deadline, r.stderr)
		return result{r.stdout.String(), r.stderr.String(), -1}
	}
}

// safeBuffer may be read while it is written.
type safeBuffer struct {
	mu   sync.Mutex
	data bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.data.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.data.String()
}

// mustRun runs a command that has to succeed.
func mustRun(t *testing.T, env map[string]string, args ...string) string {
	t.Helper()
	r := runCommand(t, env, "", args...)
	if r.code != 0 {
		t.Fatalf("deductor %s: exit %d: %s", strings.Join(args, " "), r.code, r.stderr)
	}
	return r.stdout
}

// mustRead runs a reading command and decodes its JSON.
func mustRead(t *testing.T, env map[string]string, value any, args ...string) {
	t.Helper()
	data := mustRun(t, env, append(args, "-o", "json")...)
	decoder := json.NewDecoder(strings.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(value); err != nil {
		t.Fatalf("deductor %s: %v:\n%s", strings.Join(args, " "), err, data)
	}
}

// expect checks how a command ended: its code, and what it says on stderr.
func (r result) expect(t *testing.T, code int, said ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d; stderr:\n%s", r.code, code, r.stderr)
	}
	for _, text := range said {
		if !strings.Contains(r.stderr, text) {
			t.Errorf("stderr lacks %q:\n%s", text, r.stderr)
		}
	}
	if code != 0 && strings.Count(r.stderr, "deductor: ") != 1 {
		t.Errorf("the error was not told once:\n%s", r.stderr)
	}
}

// testEnv is a broker with a topic of two partitions, and a migrated database,
// as a command's environment has them.
func testEnv(t *testing.T) (map[string]string, *kafkatest.Kafka, *pgtest.DB) {
	t.Helper()
	db := pgtest.New(t)
	env, kafka := kafkaEnv(t)
	return with(env, "DATABASE_URL", db.URL), kafka, db
}

// kafkaEnv is testEnv without the database.
func kafkaEnv(t *testing.T) (map[string]string, *kafkatest.Kafka) {
	t.Helper()
	kafka := kafkatest.New(t, 2)
	return map[string]string{
		"DEDUCTOR_KAFKA_BROKERS": strings.Join(kafka.Brokers, ","),
		"DEDUCTOR_KAFKA_TOPIC":   kafka.Topic,
		"DEDUCTOR_KAFKA_GROUP":   "debits",
		"DEDUCTOR_ADMIN_ADDR":    "127.0.0.1:0",
	}, kafka
}

// with is env with one variable changed; "" takes it away.
func with(env map[string]string, name, value string) map[string]string {
	changed := maps.Clone(env)
	changed["DEDUCTOR_"+name] = value
	return changed
}
