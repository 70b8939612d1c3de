package integration

import (
	"strings"
	"testing"
	"time"
)

// TestClearErrorsAtStart expects that a worker which never can work ends, says
// what is wrong, and names it.
func TestClearErrorsAtStart(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		prepare func(*env) (databaseURL string)
		says    []string
	}{
		{"wrong topic", func(e *env) string {
			e.topic = "no-such-topic"
			return e.workerURL()
		}, []string{"no-such-topic"}},
		{"wrong password", func(e *env) string {
			return e.server.url(e.postgres, workerRole+":wrong", e.database)
		}, []string{"password", workerRole}},
		{"no such database", func(e *env) string {
			return e.server.url(e.postgres, workerRole+":worker", "no_such_database")
		}, []string{"no_such_database"}},
		{"missing migration", func(e *env) string {
			e.loseDatabase()
			return e.workerURL()
		}, []string{"migrate up"}},
		{"newer schema", func(e *env) string {
			if _, err := e.pool.Exec(e.t.Context(), "UPDATE schema_migration SET version = version + 1000"); err != nil {
				e.t.Fatal(err)
			}
			return e.workerURL()
		}, []string{"newer"}},
		{"role without grants", func(e *env) string {
			e.loseDatabase()
			e.run("migrate", "up")
			return e.workerURL()
		}, []string{workerRole, "migrate sql --role"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, 1)
			topic := e.topic
			t.Cleanup(func() { e.topic = topic }) // for what the cleanups delete
			w := e.startWorkerAs(test.prepare(e))
			if code := w.exitCode(20 * time.Second); code != 1 && code != 2 {
				t.Errorf("exit %d, should be 1 or 2", code)
			}
			for _, says := range test.says {
				if !strings.Contains(w.output.String(), says) {
					t.Errorf("does not say %q:\n%s", says, w.output)
				}
			}
		})
	}
}
