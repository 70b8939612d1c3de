package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/internal/kafkatest"
	"deductor/internal/pgtest"
)

// prunable is settled, with orders of an hour ago whose records are gone from
// the log, but for a duplicate of a-0.
func prunable(t *testing.T) (map[string]string, *kafkatest.Kafka, *pgtest.DB) {
	t.Helper()
	env, kafka, db := settled(t)
	for _, statement := range []string{
		"UPDATE processed SET processed_at = now() - interval '1 hour'",
		"UPDATE transfer SET posted_at = now() - interval '1 hour'",
	} {
		if _, err := db.Pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for partition, end := range kafka.EndOffsets(t) {
		if err := kafka.Cluster.DeleteRecords(kafka.Topic, partition, end); err != nil {
			t.Fatal(err)
		}
	}
	kafka.Produce(t, 0, payments("a", 1)...)
	return env, kafka, db
}

const pruneText = `horizon                          TIME
records read                     1
orders looked at                 5
would delete                     4
kept, processed later            0
kept, in a log or a dead letter  1
kept, from another source        0
nothing was done: add --execute to do it
`

const dedupeText = `orders   1
oldest   TIME
horizon  TIME

HORIZON RECORDED BY REASON
TIME TIME WHO kept for long
`

const dedupeJSON = `{
  "orders": 1,
  "oldest_processed_at": "TIME",
  "horizon": "TIME",
  "horizons": [
    {
      "horizon": "TIME",
      "recorded_at": "TIME",
      "actor": "WHO",
      "reason": "kept for long"
    }
  ]
}
`

func TestDedupePrune(t *testing.T) {
	t.Parallel()
	env, kafka, _ := prunable(t)
	wantOutput(t, mustRun(t, env, "dedupe", "status", "-o", "json"),
		"{\n  \"orders\": 5,\n  \"oldest_processed_at\": \"TIME\",\n  \"horizon\": null,\n  \"horizons\": []\n}\n")
	if said := mustRun(t, env, "dedupe", "status"); !strings.Contains(said, "none: orders are remembered for ever") {
		t.Errorf("dedupe status says\n%s", said)
	}
	before := time.Now().Add(-time.Minute).UTC()
	prune := []string{"dedupe", "prune", "--before", before.Format(time.RFC3339Nano), "--reason", "kept for long"}
	wantOutput(t, mustRun(t, env, prune...), pruneText)
	wantOutput(t, mustRun(t, env, prune...), pruneText)
	r := runCommand(t, env, "", append(prune, "--execute")...)
	r.expect(t, exitOK, "records read 1 of 1", "pages of orders looked at 1 of 1")
	done := strings.ReplaceAll(pruneText, "would delete", "deleted     ")
	wantOutput(t, r.stdout, strings.Replace(done, "nothing was done: add --execute to do it", "done", 1))

	who := regexp.MustCompile(regexp.QuoteMeta(actor()))
	spaces := regexp.MustCompile(` {2,}`)
	text := who.ReplaceAllString(untimed(mustRun(t, env, "dedupe", "status")), "WHO")
	if spaces.ReplaceAllString(text, " ") != spaces.ReplaceAllString(dedupeText, " ") {
		t.Errorf("dedupe status says\n%s", text)
	}
	wantOutput(t, who.ReplaceAllString(mustRun(t, env, "dedupe", "status", "-o", "json"), "WHO"), dedupeJSON)
	mustRun(t, env, "audit")
	runCommand(t, env, "", "order", "show", "b-1").expect(t, exitFailure, `order "b-1" is not known`,
		"orders from before "+before.Truncate(time.Microsecond).Format(time.RFC3339Nano)+" were pruned on 20",
		" by "+actor())

	// What the worker reads next is as it should be.
	kafka.Produce(t, 1, `{"order_id":"b-1","account":"customer-1","amount":"1.00","currency":"USD",`+
		`"occurred_at":"2020-01-01T00:00:00Z"}`)
	worker, _ := startWorker(t, env)
	awaitCommitted(t, kafka, 4, 3)
	worker.stop()
	worker.wait(t).expect(t, 0)
	if said := mustRun(t, env, "deadletter", "list"); !strings.Contains(said, "too_old") {
		t.Errorf("the dead letters are\n%s", said)
	}
}

func TestDedupePruneRefuses(t *testing.T) {
	t.Parallel()
	env, kafka, db := prunable(t)
	prune := func(before string, more ...string) result {
		return runCommand(t, env, "", append([]string{"dedupe", "prune", "--before", before, "--reason", "why"}, more...)...)
	}
	for before, want := range map[string]string{
		"yesterday":            `--before: "yesterday" is no time with a zone: write it as 2025-01-01T00:00:00Z`,
		"2025-01-01":           `write it as 2025-01-01T00:00:00Z or 2025-01-01T00:00:00+01:00`,
		"2025-01-01T00:00:00":  `write it as 2025-01-01T00:00:00Z or 2025-01-01T00:00:00+01:00`,
		"2999-01-01T00:00:00Z": "--before: 2999-01-01T00:00:00Z is not in the past",
	} {
		prune(before, "--execute").expect(t, exitUsage, want)
	}
	runCommand(t, env, "", "dedupe", "prune", "--before", "2025-01-01T00:00:00Z", "--reason", "").
		expect(t, exitUsage, "--reason is empty")
	runCommand(t, env, "", "dedupe", "prune", "--before", "2025-01-01T00:00:00Z").expect(t, exitUsage, "reason")

	// Of a time with another zone it is the instant that counts.
	at := time.Now().Add(time.Hour).In(time.FixedZone("", -2*60*60))
	prune(at.Format(time.RFC3339)).expect(t, exitUsage, "is not in the past")

	kafka.ProduceRecords(t, recordOf(t, 1, time.Now().Add(-2*time.Hour)))
	prune(time.Now().Add(-time.Hour).Format(time.RFC3339), "--execute").
		expect(t, exitRefused, "the log of payments[1] holds a record that is older than", "offset 2 of ")
	prune("2020-01-01T00:00:00Z", "--execute").expect(t, exitOK)
	prune("2019-01-01T00:00:00Z", "--execute").expect(t, exitRefused,
		"2019-01-01T00:00:00Z is before the horizon 2020-01-01T00:00:00Z, which "+actor()+" recorded at 20")

	worker := with(env, "DATABASE_URL", db.WorkerURL(t))
	runCommand(t, worker, "", "dedupe", "prune", "--before", "2020-01-01T00:00:00Z", "--reason", "why", "--execute").
		expect(t, exitFailure, "permission denied for table processed_horizon", "prune as the owner of the tables")
	mustRun(t, worker, "dedupe", "status")
	runCommand(t, env, "", "dedupe", "prun").expect(t, exitUsage, fmt.Sprintf("did you mean %s?", "prune"))
}

// recordOf is a payment of a time.
func recordOf(t *testing.T, partition int32, at time.Time) *kgo.Record {
	t.Helper()
	return &kgo.Record{Partition: partition, Timestamp: at, Value: []byte(payments("late", 1)[0])}
}
