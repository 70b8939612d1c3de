package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"deductor/internal/bench"
	"deductor/internal/kafkatest"
	"deductor/internal/pgtest"
)

// benched is a benchmark as a process, on a broker and a database of the test's.
type benched struct {
	*program
	kafka *kafkatest.Kafka
	db    *pgtest.DB
}

func startBench(t *testing.T, args ...string) *benched {
	t.Helper()
	env, kafka, db := testEnv(t)
	// The URL has parameters of its own, a search path among them.
	env = with(env, "DATABASE_URL", db.URL+"&options=-c%20search_path%3Dnowhere")
	env = with(env, "LANES", "2")
	var variables []string
	for name, value := range env {
		variables = append(variables, name+"="+value)
	}
	args = append([]string{"bench", "--commands", "300", "--accounts", "50", "--runs", "1", "--seed", "7",
		"--latency-duration", "200ms", "-o", "json"}, args...)
	return &benched{startProgram(t, variables, args...), kafka, db}
}

// benchDeadline is how long one may take on a machine that is busy.
const benchDeadline = 4 * time.Minute

// report waits for the end and reads what was written.
func (b *benched) report(t *testing.T) bench.Report {
	t.Helper()
	select {
	case <-b.ended:
	case <-time.After(benchDeadline):
	}
	b.expect(t, exitOK)
	var r bench.Report
	decoder := json.NewDecoder(strings.NewReader(b.stdout.String()))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		t.Fatalf("%v:\n%s", err, b.stdout)
	}
	return r
}

// expectNothingLeft checks the database, the broker and the temporary files.
func (b *benched) expectNothingLeft(t *testing.T) {
	t.Helper()
	if n := count(t, b.db, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'deductor%'"); n != 0 {
		t.Errorf("%d schemas were left", n)
	}
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(b.kafka.Brokers...), Transport: transport}
	topics, err := client.Metadata(t.Context(), &kafka.MetadataRequest{})
	if err != nil || len(topics.Topics) != 1 {
		t.Errorf("topics %+v (error %v), want the test's own", topics, err)
	}
	groups, err := client.ListGroups(t.Context(), &kafka.ListGroupsRequest{})
	if err != nil || len(groups.Groups) != 0 {
		t.Errorf("groups %+v (error %v), want none", groups, err)
	}
	if left, err := os.ReadDir(b.dir); err != nil || len(left) > 0 {
		t.Errorf("files %v (error %v), want none", left, err)
	}
}

func TestBenchMeasuresEachPart(t *testing.T) {
	t.Parallel()
	b := startBench(t, "--batch-max", "10")
	r := b.report(t)
	for name, part := range map[string]*bench.Throughput{
		"floor": r.Floor, "end_to_end": r.EndToEnd, "replay": r.Replay, "batched": r.Batched, "naive": r.Naive,
	} {
		payments := 300
		if name == "naive" {
			payments = 200
		}
		expectThroughput(t, name, part, payments)
		if known := part.RowsPerCommit; name != "replay" && (known == nil || *known < 1 || *known > 2000) {
			t.Errorf("%s: rows per commit are %v", name, known)
		}
		if (part.WorkerCPU != nil) != (name == "end_to_end" || name == "replay") {
			t.Errorf("%s: the worker's CPU is %v", name, part.WorkerCPU)
		}
	}
	if floor, worker := *r.Floor.RowsPerCommit, *r.EndToEnd.RowsPerCommit; floor != 10 || worker > 10 {
		t.Errorf("%v rows a commit in the floor, %v by the worker, with batches of at most 10", floor, worker)
	}
	for _, ratio := range []string{"end_to_end/floor", "end_to_end/batched", "end_to_end/naive", "replay/end_to_end"} {
		if r.Ratios[ratio] <= 0 {
			t.Errorf("ratio %s is missing: %v", ratio, r.Ratios)
		}
	}
	if r.Latency == nil || len(r.Latency.Rates) != 2 {
		t.Fatalf("latency: %+v", r.Latency)
	}
	for _, rate := range r.Latency.Rates {
		for _, p := range []bench.Percentiles{rate.Acknowledged, rate.Scheduled} {
			if p.P50 <= 0 || p.P99 < p.P50 || p.P999 < p.P99 || p.Max < p.P999 || rate.PerSecond <= 0 || len(rate.Runs) != 1 {
				t.Errorf("latency: %+v", rate)
			}
		}
	}
	w := r.Rebalance
	if w == nil || w.StartToFirstDebit <= 0 || w.Join.Overall <= 0 || w.Join.Partition < w.Join.Overall ||
		w.Leave.Overall <= 0 || w.Leave.Partition < w.Leave.Overall {
		t.Errorf("rebalance: %+v", w)
	}
	if r.Seed != 7 || r.Lanes != 2 || r.BatchMax != 10 || r.Shapes != nil || r.Machine.Postgres["fsync"] != "off" {
		t.Errorf("the report says %+v", r)
	}
	b.expectNothingLeft(t)
}

func TestBenchMeasuresEachShape(t *testing.T) {
	t.Parallel()
	b := startBench(t, "--only", "shapes", "--dedupe-rows", "500")
	r := b.report(t)
	if len(r.Shapes) != 14 || r.Floor != nil || r.Latency != nil {
		t.Errorf("shapes %v, floor %v, latency %v", slices.Sorted(maps.Keys(r.Shapes)), r.Floor, r.Latency)
	}
	for name, part := range r.Shapes {
		expectThroughput(t, name, part, 300)
		if name != "baseline" && r.Ratios[name+"/baseline"] <= 0 {
			t.Errorf("the ratio of %s is missing: %v", name, r.Ratios)
		}
	}
	b.expectNothingLeft(t)
}

func expectThroughput(t *testing.T, name string, part *bench.Throughput, payments int) {
	t.Helper()
	if part == nil || len(part.Runs) != 1 {
		t.Fatalf("%s: %+v", name, part)
	}
	run := part.Runs[0]
	if run.Payments != payments || run.Seconds <= 0 || part.PaymentsPerSecond != run.PaymentsPerSecond ||
		part.Least <= 0 || part.Most <= 0 || part.WALBytesPayment == nil || *part.WALBytesPayment <= 0 {
		t.Errorf("%s: %+v", name, part)
	}
}

// awaitLedger waits until the benchmark has opened accounts.
func (b *benched) awaitLedger(t *testing.T) (schema string) {
	t.Helper()
	eventually(t, func() string {
		found := count(t, b.db, "SELECT count(*) FROM pg_stat_user_tables WHERE relname = 'account' AND n_live_tup > 0"+
			" AND schemaname LIKE 'deductor_bench%'")
		if found == 0 {
			return "no ledger was opened:\n" + b.stderr.String()
		}
		return ""
	})
	const sql = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'deductor_bench%'"
	if err := b.db.Pool.QueryRow(t.Context(), sql).Scan(&schema); err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestBenchVoidsAWrongLedger(t *testing.T) {
	t.Parallel()
	b := startBench(t, "--only", "end_to_end")
	schema := b.awaitLedger(t)
	tamper := fmt.Sprintf("UPDATE %s.account SET balance = balance + 1 WHERE name = 'customer-1'", schema)
	if tag, err := b.db.Pool.Exec(t.Context(), tamper); err != nil || tag.RowsAffected() != 1 {
		t.Fatalf("%v, error %v", tag, err)
	}
	b.expect(t, exitVerify, "the measurement is void", "account_balances: customer-1", "logs are in "+b.dir)
	if b.stdout.String() != "" {
		t.Errorf("it reports a number:\n%s", b.stdout)
	}
}

func TestBenchLeavesNothingWhenInterrupted(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	b.awaitLedger(t)
	b.signal(os.Interrupt)
	b.expect(t, exitFailure, "interrupted")
	b.expectNothingLeft(t)
}

func TestBenchRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	runCommand(t, nil, "", "bench").expect(t, exitUsage, "--kafka-brokers or DEDUCTOR_KAFKA_BROKERS",
		"--database-url or DEDUCTOR_DATABASE_URL", "--embedded")
	runCommand(t, nil, "", "bench", "--embedded", "--runs", "0").expect(t, exitUsage, "--runs is 0")
	runCommand(t, nil, "", "bench", "--embedded", "--only", "floor,ceiling").
		expect(t, exitUsage, `"ceiling"`, "end_to_end")
}
