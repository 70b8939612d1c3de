package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// deadline bounds every wait of the tests: what takes longer never comes.
const deadline = 30 * time.Second

// eventually asks until done says "" and fails the test with what it said last.
func eventually(t *testing.T, done func() string) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(deadline); ; <-ticker.C {
		missing := done()
		if missing == "" {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("after %v: %s", deadline, missing)
		}
	}
}

// startWorker starts deductor run and returns it with its admin address.
func startWorker(t *testing.T, env map[string]string, args ...string) (worker *running, adminAddr string) {
	t.Helper()
	worker = startCommand(t, env, "", append([]string{"run", "--log-format", "json"}, args...)...)
	eventually(t, func() string {
		select {
		case code := <-worker.ended:
			worker.ended <- code
			t.Fatalf("the worker ended with exit code %d: %s", code, worker.stderr)
		default:
		}
		adminAddr = logged(worker, "worker starts")["admin_addr"]
		if adminAddr == "" {
			return "the worker has no admin address: " + worker.stderr.String()
		}
		return ""
	})
	return worker, adminAddr
}

// awaitReady waits until the worker says that it is.
func awaitReady(t *testing.T, adminAddr string) {
	t.Helper()
	eventually(t, func() string {
		return runCommand(t, nil, "", "healthcheck", "--ready", "--admin-addr", adminAddr).stderr
	})
}

// logged returns the attributes of the first log entry with a message.
func logged(r *running, message string) map[string]string {
	for line := range strings.Lines(r.stderr.String()) {
		var entry map[string]any
		if json.Unmarshal([]byte(line), &entry) != nil || entry["msg"] != message {
			continue
		}
		attributes := make(map[string]string)
		for name, value := range entry {
			if text, ok := value.(string); ok {
				attributes[name] = text
			}
		}
		return attributes
	}
	return nil
}
