package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// result is how a command ended.
type result struct {
	stdout, stderr string
	code           int
}

// environment is the configuration of a command as the database's owner, or of
// a worker with the worker's role. Settings of whoever runs the tests are not theirs.
func (e *env) environment(databaseURL string) []string {
	others := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "DEDUCTOR_") })
	return append(others,
		"DEDUCTOR_KAFKA_BROKERS="+e.brokers,
		"DEDUCTOR_KAFKA_TOPIC="+e.topic,
		"DEDUCTOR_KAFKA_GROUP="+e.group,
		"DEDUCTOR_DATABASE_URL="+databaseURL,
	)
}

// command runs deductor as the owner and returns how it ended.
func (e *env) command(args ...string) result {
	e.t.Helper()
	return e.commandAs(e.ownerURL(), args...)
}

func (e *env) commandAs(databaseURL string, args ...string) result {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), 30*time.Second)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, suite.binary, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = e.environment(databaseURL), &stdout, &stderr
	err := cmd.Run()
	exit := new(exec.ExitError)
	if err != nil && (!errors.As(err, &exit) || ctx.Err() != nil) {
		e.t.Fatalf("deductor %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// run runs deductor, which must exit 0, and returns its output.
func (e *env) run(args ...string) string {
	e.t.Helper()
	r := e.command(args...)
	if r.code != 0 {
		e.t.Fatalf("deductor %s: exit %d\n%s%s", strings.Join(args, " "), r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// read runs a reading command with -o json and decodes what it says into v.
func (e *env) read(v any, args ...string) {
	e.t.Helper()
	out := e.run(append(args, "-o", "json")...)
	if err := json.Unmarshal([]byte(out), v); err != nil {
		e.t.Fatalf("deductor %s -o json: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// openAccounts imports accounts from a CSV file and tells the oracle.
func (e *env) openAccounts(accounts ...account) {
	e.t.Helper()
	var csv strings.Builder
	csv.WriteString("account,currency,balance,overdraft_limit,kind\n")
	for _, a := range accounts {
		fmt.Fprintf(&csv, "%s,%s,%s,%s,%s\n", a.name, a.currency, major(a.opening), major(a.limit), a.kind)
		e.oracle.open(a)
	}
	file := filepath.Join(e.t.TempDir(), "accounts.csv")
	if err := os.WriteFile(file, []byte(csv.String()), 0o600); err != nil {
		e.t.Fatal(err)
	}
	e.run("account", "import", file)
}

// partitionState is a row of partition list.
type partitionState struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	State     string `json:"state"`
	Committed *int64 `json:"committed_offset"`
	Watermark *int64 `json:"watermark"`
	LogStart  int64  `json:"log_start"`
	LogEnd    int64  `json:"log_end"`
	Lag       *int64 `json:"lag"`
	Owner     string `json:"owner"`
}

func (e *env) partitionStates() []partitionState {
	e.t.Helper()
	var states []partitionState
	e.read(&states, "partition", "list")
	return states
}

// awaitHalt waits until partition list says that the partition is halted and
// returns the state.
func (e *env) awaitHalt(partition int32) string {
	e.t.Helper()
	var state string
	eventually(e.t, 30*time.Second, fmt.Sprintf("partition %d is halted", partition), func() error {
		for _, p := range e.partitionStates() {
			if p.Partition == partition {
				state = p.State
			}
		}
		if !strings.HasPrefix(state, "halted: ") {
			return fmt.Errorf("its state is %q", state)
		}
		return nil
	})
	return state
}
