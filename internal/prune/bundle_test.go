package prune_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer"
	"deductor/consumer/intake"
	"deductor/consumer/settle"
	"deductor/internal/kafkatest"
	"deductor/internal/pgtest"
	"deductor/internal/prune"
	"deductor/internal/workertest"
	"deductor/ledger"
)

const group = "debits"

// Times of a bundle: what is old was made and processed before the horizon,
// what is young after it.
var (
	horizon = time.Now().Add(-24 * time.Hour).UTC().Truncate(time.Microsecond)
	old     = horizon.Add(-time.Hour)
	young   = horizon.Add(time.Hour)
)

// bundle is a broker with a topic of two partitions, and a database with an
// account that holds enough.
type bundle struct {
	t     *testing.T
	kafka *kafkatest.Kafka
	db    *pgtest.DB
}

func newBundle(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{t: t, kafka: kafkatest.New(t, 2), db: pgtest.New(t)}
	if err := pgx.BeginFunc(t.Context(), b.db.Pool, func(tx pgx.Tx) error {
		_, err := ledger.Create(t.Context(), tx, []ledger.NewAccount{
			{Name: "alice", Currency: "USD", Kind: ledger.Customer, Balance: 1_000_000}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return b
}

func payment(id string, more ...string) string {
	return fmt.Sprintf(`{"order_id":%q,"account":"alice","amount":"1.00","currency":"USD"%s}`, id, strings.Join(more, ""))
}

// produce writes payments of a time to a partition.
func (b *bundle) produce(partition int32, at time.Time, ids ...string) {
	b.t.Helper()
	var records []*kgo.Record
	for _, id := range ids {
		records = append(records, &kgo.Record{Partition: partition, Timestamp: at, Value: []byte(payment(id))})
	}
	b.kafka.ProduceRecords(b.t, records...)
}

// ids are n order ids.
func ids(prefix string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s-%d", prefix, i)
	}
	return all
}

// work runs a worker of the topic, with the least role, until stop is called.
func (b *bundle) work(topic string) (w *consumer.Worker, stop func()) {
	b.t.Helper()
	return workertest.Start(b.t, b.kafka, b.db.WorkerURL(b.t), consumer.Config{Topic: topic, Group: group + topic})
}

// settle works until all that a topic holds is settled.
func (b *bundle) settle(topic string) {
	b.t.Helper()
	_, stop := b.work(topic)
	b.awaitSettled(topic)
	stop()
}

// awaitSettled waits until the group's offsets are at the logs' ends.
func (b *bundle) awaitSettled(topic string) {
	b.t.Helper()
	eventually(b.t, "the offsets of "+topic, func() bool {
		info := b.kafka.Cluster.GroupInfo(group + topic)
		for _, p := range b.kafka.Cluster.PartitionInfos(topic) {
			if info == nil || info.Commits[topic][p.Partition].Offset != p.HighWatermark {
				return false
			}
		}
		return true
	})
}

// age makes all that was processed so far old.
func (b *bundle) age() {
	b.t.Helper()
	for _, table := range []string{"processed SET processed_at", "declined_attempt SET processed_at",
		"transfer SET posted_at"} {
		b.exec("UPDATE "+table+" = $1", old)
	}
}

func (b *bundle) exec(sql string, args ...any) {
	b.t.Helper()
	if _, err := b.db.Pool.Exec(b.t.Context(), sql, args...); err != nil {
		b.t.Fatal(err)
	}
}

// removeUpTo is what retention does.
func (b *bundle) removeUpTo(ends map[int32]int64) {
	b.t.Helper()
	for partition, end := range ends {
		if err := b.kafka.Cluster.DeleteRecords(b.kafka.Topic, partition, end); err != nil {
			b.t.Fatal(err)
		}
	}
}

// replay sets the group back to the logs' start and lets a worker read all.
func (b *bundle) replay() settle.Counts {
	b.t.Helper()
	cluster := b.cluster(b.kafka.Topic)
	ranges, err := cluster.LogRanges(b.t.Context(), []int32{0, 1})
	if err != nil {
		b.t.Fatal(err)
	}
	records := int64(0)
	starts := make(map[int32]int64)
	for id, log := range ranges {
		starts[id] = log.Start
		records += log.End - log.Start
	}
	if err := cluster.CommitOffsets(b.t.Context(), group+b.kafka.Topic, starts); err != nil {
		b.t.Fatal(err)
	}
	w, stop := b.work(b.kafka.Topic)
	eventually(b.t, "the replay", func() bool {
		total := int64(0)
		for _, n := range w.Counts() {
			total += n
		}
		return total == records
	})
	b.awaitSettled(b.kafka.Topic)
	stop()
	return w.Counts()
}

func (b *bundle) cluster(topic string) *intake.Cluster {
	b.t.Helper()
	cluster, err := intake.NewCluster(intake.Config{Brokers: b.kafka.Brokers, Topic: topic})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(cluster.Close)
	return cluster
}

// prune prunes; change may alter what is asked for.
func (b *bundle) prune(ctx context.Context, change func(*prune.Config)) (prune.Report, error) {
	b.t.Helper()
	conn, err := pgx.Connect(b.t.Context(), b.db.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	c := prune.Config{
		Conn: conn,
		Cluster: func(topic string) (*intake.Cluster, error) {
			return intake.NewCluster(intake.Config{Brokers: b.kafka.Brokers, Topic: topic,
				Logger: slog.New(slog.DiscardHandler)})
		},
		Topic: b.kafka.Topic, Group: group + b.kafka.Topic,
		Before: horizon, Actor: "me", Reason: "kept long", Execute: true, Progress: &bytes.Buffer{},
	}
	if change != nil {
		change(&c)
	}
	return c.Run(ctx)
}

// mustPrune prunes and compares how many orders were deleted.
func (b *bundle) mustPrune(deleted int64, change func(*prune.Config)) prune.Report {
	b.t.Helper()
	report, err := b.prune(b.t.Context(), change)
	if err != nil {
		b.t.Fatal(err)
	}
	if report.Deleted != deleted {
		b.t.Errorf("report %+v, want %d deleted", report, deleted)
	}
	return report
}

func (b *bundle) list(sql string) string {
	b.t.Helper()
	rows, err := b.db.Pool.Query(b.t.Context(), sql)
	if err != nil {
		b.t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		b.t.Fatal(err)
	}
	return strings.Join(found, " ")
}

// wantOnce expects that no order was debited twice, and books that are right.
func (b *bundle) wantOnce(transfers int) {
	b.t.Helper()
	if twice := b.list("SELECT reference FROM transfer GROUP BY 1 HAVING count(*) > 1"); twice != "" {
		b.t.Errorf("debited more than once: %s", twice)
	}
	if got := b.list("SELECT count(*)::text FROM transfer"); got != fmt.Sprint(transfers) {
		b.t.Errorf("%s transfers, want %d", got, transfers)
	}
	checks, _, err := settle.Audit(b.t.Context(), b.db.Pool, 10)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, check := range checks {
		for _, finding := range check.Findings {
			b.t.Errorf("audit %s: %s: %s", check.Name, finding.Subject, finding.Detail)
		}
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(60 * time.Second); !holds(); <-ticker.C {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
