package main

import (
	"fmt"
	"strings"
	"testing"

	"deductor/internal/kafkatest"
	"deductor/internal/partitions"
	"deductor/internal/pgtest"
)

// settled is testEnv after a worker has debited three orders of partition 0
// and two of partition 1, and stopped.
func settled(t *testing.T) (map[string]string, *kafkatest.Kafka, *pgtest.DB) {
	t.Helper()
	env, kafka, db := testEnv(t)
	openAccounts(t, env, 1)
	kafka.Produce(t, 0, payments("a", 3)...)
	kafka.Produce(t, 1, payments("b", 2)...)
	worker, _ := startWorker(t, env)
	awaitCommitted(t, kafka, 3, 2)
	worker.stop()
	worker.wait(t).expect(t, 0)
	return env, kafka, db
}

// payments are n payments with the order ids prefix-0 to prefix-(n-1).
func payments(prefix string, n int) []string {
	values := make([]string, n)
	for i := range values {
		values[i] = fmt.Sprintf(`{"order_id":"%s-%d","account":"customer-1","amount":"1.00","currency":"USD"}`, prefix, i)
	}
	return values
}

func awaitCommitted(t *testing.T, kafka *kafkatest.Kafka, want0, want1 int64) {
	t.Helper()
	eventually(t, func() string {
		if got := kafka.GroupOffsets(t, "debits"); got[0] != want0 || got[1] != want1 {
			return fmt.Sprintf("committed offsets are %v, want %d and %d", got, want0, want1)
		}
		return ""
	})
}

func TestPartitionListWithoutWorkers(t *testing.T) {
	t.Parallel()
	env, _, _ := testEnv(t)
	const fresh = `[
  {
    "topic": "payments",
    "partition": 0,
    "state": "idle",
    "committed_offset": null,
    "watermark": null,
    "log_start": 0,
    "log_end": 0,
    "lag": 0,
    "owner": null
  },
  {
    "topic": "payments",
    "partition": 1,
    "state": "idle",
    "committed_offset": null,
    "watermark": null,
    "log_start": 0,
    "log_end": 0,
    "lag": 0,
    "owner": null
  }
]
`
	if got := mustRun(t, env, "partition", "list", "-o", "json"); got != fresh {
		t.Errorf("partition list of a new topic:\n%s", got)
	}
}

func TestPartitionListAndStatus(t *testing.T) {
	t.Parallel()
	env, kafka, _ := settled(t)
	kafka.Produce(t, 1, payments("c", 5)...)
	const table = `PARTITION  COMMITTED  WATERMARK  LOG START  LOG END  LAG  OWNER  STATE
0          3          3          0          3        0    -      idle
1          2          2          0          7        5    -      idle
`
	if got := mustRun(t, env, "partition", "list"); got != table {
		t.Errorf("partition list:\n%s\nwant:\n%s", got, table)
	}
	said := mustRun(t, env, "status")
	for _, want := range []string{
		"topic payments, group debits (empty)\n",
		"2 partitions: 0 ok, 2 idle, 0 halted; lag 5\n",
		"no worker is running\n",
		table,
	} {
		if !strings.Contains(said, want) {
			t.Errorf("status lacks %q:\n%s", want, said)
		}
	}

	startWorker(t, env, "--instance", "worker-1")
	awaitCommitted(t, kafka, 3, 7)
	var s status
	mustRead(t, env, &s, "status")
	if s.Topic != "payments" || s.Group != "debits" || s.GroupState != "stable" ||
		s.Totals != (partitions.Totals{Partitions: 2, OK: 2}) {
		t.Errorf("status is %+v", s)
	}
	if len(s.Workers) != 1 || s.Workers[0].Name != "worker-1" || fmt.Sprint(s.Workers[0].Partitions) != "[0 1]" {
		t.Errorf("workers are %+v", s.Workers)
	}
	var states []partitions.State
	mustRead(t, env, &states, "partition", "list")
	for i, state := range states {
		if state.State != "ok" || state.Owner == nil || *state.Owner != "worker-1" || *state.Lag != 0 {
			t.Errorf("partition %d: %+v", i, state)
		}
	}
}

func TestPartitionSkipAfterRetention(t *testing.T) {
	t.Parallel()
	env, kafka, db := settled(t)
	kafka.Produce(t, 0, payments("lost", 4)...)
	if err := kafka.Cluster.DeleteRecords(kafka.Topic, 0, 5); err != nil {
		t.Fatal(err)
	}
	_, addr := startWorker(t, env)
	state := awaitHalted(t, env, 0)
	if !strings.HasPrefix(state, "halted: retention_gap: ") {
		t.Errorf("state is %q", state)
	}

	skip := []string{"partition", "skip", "--partition", "0", "--reason", "retention was too short"}
	said := mustRun(t, env, skip...)
	for _, want := range []string{"from offset 3 to 5", "not paid", "nothing was done: add --execute"} {
		if !strings.Contains(said, want) {
			t.Errorf("skip without --execute lacks %q: %s", want, said)
		}
	}
	if n := count(t, db, "SELECT count(*) FROM partition_intervention"); n != 0 {
		t.Errorf("it left %d rows", n)
	}
	if said := mustRun(t, env, append(skip, "--execute")...); !strings.HasSuffix(said, "\ndone\n") {
		t.Errorf("skip --execute says %q", said)
	}
	awaitCommitted(t, kafka, 7, 2)
	awaitReady(t, addr)
	if n := count(t, db, `SELECT count(*) FROM partition_intervention WHERE action = 'skip' AND from_offset = 3
		AND to_offset = 5 AND actor LIKE '_%@_%' AND reason = 'retention was too short'`); n != 1 {
		t.Errorf("%d rows say who skipped what and why", n)
	}
	if n := count(t, db, "SELECT count(*) FROM transfer"); n != 7 {
		t.Errorf("%d transfers, want the 5 from before and 2 behind the gap", n)
	}
}

func awaitHalted(t *testing.T, env map[string]string, partition int) (state string) {
	t.Helper()
	eventually(t, func() string {
		var states []partitions.State
		mustRead(t, env, &states, "partition", "list")
		state = states[partition].State
		if !strings.HasPrefix(state, partitions.HaltedPrefix) {
			return "the state is " + state
		}
		return ""
	})
	return state
}

func TestPartitionSkipRefuses(t *testing.T) {
	t.Parallel()
	env, _, _ := settled(t)
	for _, test := range []struct {
		args string
		code int
		said string
	}{
		{"skip --partition 0 --reason x", 4, "say with --to-offset"},
		{"skip --partition 0 --to-offset 4 --reason x --execute", 4, "outside its log, which holds 0 to 3"},
		{"skip --partition 0 --to-offset -1 --reason x --execute", 4, "outside its log"},
		{"skip --partition 2 --reason x --execute", 4, "no such partition"},
		{"skip --partition 0 --to-offset 1", 2, "reason"},
		{"skip --partition 0 --to-offset 1 --reason=", 2, "--reason is empty"},
		{"adopt --partition 0 --reason x --execute", 4, "use partition skip"},
		{"adopt --all --reason x --execute", 4, "no partition waits to be adopted"},
		{"adopt --all --at yesterday --reason x", 2, `"yesterday" is none of`},
	} {
		t.Run(test.args, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"partition"}, strings.Fields(test.args)...)
			runCommand(t, env, "", args...).expect(t, test.code, test.said)
		})
	}
}

func TestPartitionSkipBack(t *testing.T) {
	t.Parallel()
	env, kafka, db := settled(t)
	said := mustRun(t, env,
		"partition", "skip", "--partition", "0", "--to-offset", "1", "--reason", "again", "--execute")
	if !strings.Contains(said, "from offset 3 back to 1") {
		t.Errorf("it says %q", said)
	}
	var s status
	mustRead(t, env, &s, "status")
	if s.Totals.Lag != 2 {
		t.Errorf("lag is %d before two records are read again", s.Totals.Lag)
	}
	kafka.Produce(t, 0, payments("new", 1)...)
	startWorker(t, env)
	awaitCommitted(t, kafka, 4, 2)
	if n := count(t, db, "SELECT count(*) FROM transfer"); n != 6 {
		t.Errorf("%d transfers, want 6", n)
	}
}

func TestPartitionAdoptByNewDatabase(t *testing.T) {
	t.Parallel()
	env, kafka, _ := settled(t)
	fresh := pgtest.New(t)
	env = with(env, "DATABASE_URL", fresh.URL)
	openAccounts(t, env, 1)
	startWorker(t, env)
	if state := awaitHalted(t, env, 1); !strings.HasPrefix(state, "halted: watermark_missing: ") {
		t.Errorf("state is %q", state)
	}
	adopt := []string{"partition", "adopt", "--all", "--reason", "the old one is archived"}
	said := mustRun(t, env, adopt...)
	for _, want := range []string{"partition 0 of payments", "offset 3;", "offset 2;", "nothing was done"} {
		if !strings.Contains(said, want) {
			t.Errorf("adopt without --execute lacks %q: %s", want, said)
		}
	}
	mustRun(t, env, append(adopt, "--execute")...)
	kafka.Produce(t, 0, payments("new", 1)...)
	awaitCommitted(t, kafka, 4, 2)
	if n := count(t, fresh, "SELECT count(*) FROM transfer"); n != 1 {
		t.Errorf("%d transfers, want that after the adopted offsets", n)
	}
}
