package prune_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/settle"
	"deductor/internal/prune"
)

// aged is a bundle whose old orders were removed from the log, but for what
// stands in it as duplicates: a-0 and a-1, and b-0, which was declined before.
func aged(t *testing.T) *bundle {
	t.Helper()
	b := newBundle(t)
	b.kafka.Produce(t, 1, `{"order_id":"b-0","account":"nobody","amount":"1.00","currency":"USD"}`)
	b.kafka.ProduceRecords(t, &kgo.Record{Partition: 1, Timestamp: old, Value: []byte(payment("b-0", `,"attempt":2`))})
	b.produce(0, old, ids("a", 10)...)
	b.produce(1, old, ids("b", 10)[1:]...)
	b.settle(b.kafka.Topic)
	b.age()
	b.removeUpTo(b.kafka.EndOffsets(t))
	b.produce(1, young, "a-0", "c-0", "a-1")
	b.kafka.ProduceRecords(t, &kgo.Record{Partition: 0, Timestamp: young, Value: []byte(payment("b-0", `,"attempt":2`))})
	b.produce(0, young, "c-1")
	b.settle(b.kafka.Topic)
	b.wantOnce(22)
	return b
}

// The log is read again from its start after the prune, and producers send again
// what is too old.
func TestPromise1_ReplayAfterPruneDebitsNothingTwice(t *testing.T) {
	t.Parallel()
	b := aged(t)
	report := b.mustPrune(17, nil)
	if report.Orders != 22 || report.Found != 3 || report.Young != 2 || report.Unjudged != 0 || report.Records != 5 {
		t.Errorf("report %+v", report)
	}
	const left = "SELECT order_id FROM processed ORDER BY 1"
	if got := b.list(left); got != "a-0 a-1 b-0 c-0 c-1" {
		t.Errorf("known are %s", got)
	}
	if counts := b.replay(); counts[settle.Duplicate] != 5 {
		t.Errorf("the replay: %v", counts)
	}
	b.wantOnce(22)

	b.produce(0, old, "a-5")
	b.kafka.ProduceRecords(t, &kgo.Record{Partition: 1, Timestamp: young,
		Value: []byte(payment("b-5", fmt.Sprintf(`,"occurred_at":%q`, old.Format(time.RFC3339))))})
	b.produce(1, young, "new")
	if counts := b.replay(); counts[settle.Applied] != 1 || counts[settle.DeadLettered] != 2 {
		t.Errorf("the replay with what is too old: %v", counts)
	}
	if got := b.list("SELECT reason || ' ' || order_id FROM dead_letter ORDER BY 1"); got != "too_old a-5 too_old b-5" {
		t.Errorf("dead letters are %s", got)
	}
	b.wantOnce(23)
}

// A duplicate in a transaction that is undecided when the horizon is put in
// force is waited for. A prune that is interrupted then has deleted nothing, and
// goes on another time.
func TestPromise1_PruneWaitsForUndecidedTransactions(t *testing.T) {
	t.Parallel()
	b := aged(t)
	client := b.kafka.Client(t, kgo.TransactionalID("undecided"))
	if err := client.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	record := &kgo.Record{Partition: 0, Timestamp: young, Value: []byte(payment("a-7"))}
	if err := client.ProduceSync(t.Context(), record).FirstErr(); err != nil {
		t.Fatal(err)
	}
	rehearsed, err := b.prune(t.Context(), func(c *prune.Config) { c.Execute = false })
	if err != nil || rehearsed.Prunable != 17 || rehearsed.Deleted != 0 {
		t.Errorf("rehearsed: %+v, %v", rehearsed, err)
	}

	ctx, interrupt := context.WithCancel(t.Context())
	type result struct {
		report prune.Report
		err    error
	}
	ended := make(chan result, 1)
	go func() {
		report, err := b.prune(ctx, nil)
		ended <- result{report, err}
	}()
	eventually(t, "the horizon", func() bool { return b.list("SELECT id::text FROM processed_horizon") == "1" })
	interrupt()
	if r := <-ended; !errors.Is(r.err, context.Canceled) || r.report.Orders != 0 {
		t.Errorf("interrupted: %+v, %v", r.report, r.err)
	}
	if got := b.list("SELECT count(*)::text FROM processed"); got != "22" {
		t.Errorf("%s orders are known, want all 22", got)
	}

	go func() {
		report, err := b.prune(t.Context(), nil)
		ended <- result{report, err}
	}()
	eventually(t, "the horizon", func() bool { return b.list("SELECT max(id)::text FROM processed_horizon") == "2" })
	if err := client.EndTransaction(t.Context(), kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	if r := <-ended; r.err != nil || r.report.Deleted != 16 {
		t.Errorf("run again: %+v, %v", r.report, r.err)
	}
	b.settle(b.kafka.Topic)
	b.wantOnce(22)
}

// Workers go on while orders are pruned, with commands and duplicates coming in.
func TestPromise1_PruneWhileAWorkerRuns(t *testing.T) {
	t.Parallel()
	b := aged(t)
	_, stop := b.work(b.kafka.Topic)
	b.awaitSettled(b.kafka.Topic)
	producing, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for i := range 20 {
			b.produce(int32(i%2), young, fmt.Sprintf("d-%d", i), fmt.Sprintf("d-%d", i/2), "a-2", "a-0")
			if i == 5 {
				close(producing)
			}
		}
	}()
	<-producing
	b.mustPrune(16, nil)
	<-ended
	b.produce(0, young, "e-0") // a worker notices that it was fenced with its next batch
	b.produce(1, young, "e-1")
	b.awaitSettled(b.kafka.Topic)
	stop()
	if got := b.list("SELECT order_id FROM processed WHERE order_id < 'c' ORDER BY 1"); got != "a-0 a-1 a-2 b-0" {
		t.Errorf("known are %s", got)
	}
	if got := b.list("SELECT owner || ' ' || epoch FROM watermark WHERE epoch < 5"); got != "" {
		t.Errorf("the worker did not take its partitions over again: %s", got)
	}
	b.wantOnce(44)
	b.replay()
	b.wantOnce(44)
}

// An order that a dead letter names is kept: the letter may be sent again.
func TestPromise1_PruneKeepsOrdersOfDeadLetters(t *testing.T) {
	t.Parallel()
	b := aged(t)
	b.exec(`INSERT INTO dead_letter (source_id, record_offset, record_timestamp, reason, detail, order_id,
		header_keys, header_values) SELECT min(id), 0, 0, 'order_conflict', '', 'a-4', '{}', '{}' FROM source`)
	b.mustPrune(16, nil)
	if got := b.list("SELECT order_id FROM processed WHERE order_id = 'a-4'"); got != "a-4" {
		t.Error("the order of a dead letter is gone")
	}
}

// A duplicate may stand in another topic's log, that of another group.
func TestPromise1_PruneReadsEveryTopic(t *testing.T) {
	t.Parallel()
	b := aged(t)
	if err := b.kafka.Cluster.CreateTopic("more", 1, nil); err != nil {
		t.Fatal(err)
	}
	record := &kgo.Record{Topic: "more", Timestamp: young, Value: []byte(payment("a-3"))}
	b.kafka.ProduceRecords(t, record)
	b.settle("more")
	b.mustPrune(16, nil)
	if got := b.list("SELECT order_id FROM processed WHERE order_id < 'b' ORDER BY 1"); got != "a-0 a-1 a-3" {
		t.Errorf("known are %s", got)
	}
}
