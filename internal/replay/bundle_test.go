package replay_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/consumer"
	"deductor/consumer/intake"
	"deductor/consumer/settle"
	"deductor/internal/kafkatest"
	"deductor/internal/pgtest"
	"deductor/internal/replay"
	"deductor/internal/workertest"
	"deductor/ledger"
)

const group = "debits"

// bundle is a broker with a topic of two partitions, and a database with accounts.
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
			{Name: "alice", Currency: "USD", Kind: ledger.Customer, Balance: 1_000_000},
			{Name: "poor", Currency: "USD", Kind: ledger.Customer, Balance: 250},
			{Name: "jun", Currency: "JPY", Kind: ledger.Customer, Balance: 1_000_000},
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return b
}

// pay is a payment of 1.00 USD.
func pay(id, account string) string { return payOf(id, account, "1.00", "USD") }

func payOf(id, account, amount, currency string) string {
	return fmt.Sprintf(`{"order_id":%q,"account":%q,"amount":%q,"currency":%q}`, id, account, amount, currency)
}

// pays are n payments of alice, with the ids prefix-0 to prefix-(n-1).
func pays(prefix string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = pay(fmt.Sprintf("%s-%d", prefix, i), "alice")
	}
	return all
}

// work runs a worker with the least role until stop is called.
func (b *bundle) work(config consumer.Config) (w *consumer.Worker, stop func()) {
	b.t.Helper()
	config.Group = group
	return workertest.Start(b.t, b.kafka, b.db.WorkerURL(b.t), config)
}

// settle works until all that the topic holds is settled, and stops.
func (b *bundle) settle() {
	b.t.Helper()
	_, stop := b.work(consumer.Config{})
	b.awaitSettled()
	stop()
}

// awaitSettled waits until the watermarks are at the logs' ends, and the group's
// offsets too.
func (b *bundle) awaitSettled() {
	b.t.Helper()
	eventually(b.t, "the topic to be settled", func() string {
		for id, end := range b.kafka.EndOffsets(b.t) {
			if mark := b.watermark(id); mark != end {
				return fmt.Sprintf("partition %d: watermark %d, end %d", id, mark, end)
			}
			if offset := b.kafka.GroupOffsets(b.t, group)[id]; offset != end {
				return fmt.Sprintf("partition %d: committed %d, end %d", id, offset, end)
			}
		}
		return ""
	})
}

func (b *bundle) watermark(partition int32) (next int64) {
	b.t.Helper()
	err := b.db.Pool.QueryRow(b.t.Context(),
		"SELECT coalesce(max(next_offset), -1) FROM watermark WHERE partition = $1", partition).Scan(&next)
	if err != nil {
		b.t.Fatal(err)
	}
	return next
}

func (b *bundle) exec(sql string, args ...any) {
	b.t.Helper()
	if _, err := b.db.Pool.Exec(b.t.Context(), sql, args...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bundle) count(from string) (n int) {
	b.t.Helper()
	if err := b.db.Pool.QueryRow(b.t.Context(), "SELECT count(*) FROM "+from).Scan(&n); err != nil {
		b.t.Fatal(err)
	}
	return n
}

func (b *bundle) cluster() *intake.Cluster {
	b.t.Helper()
	cluster, err := intake.NewCluster(intake.Config{Brokers: b.kafka.Brokers, Topic: b.kafka.Topic,
		Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(cluster.Close)
	return cluster
}

// plan plans a replay. The connection's role can only read.
func (b *bundle) plan(target replay.Target, scope ...int32) (*replay.Plan, error) {
	b.t.Helper()
	return (&replay.Planner{
		Cluster: b.cluster(),
		Connect: func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, b.db.WorkerURL(b.t)) },
		Group:   group, Target: target, Scope: scope, Progress: func(int64, int64) {},
	}).Plan(b.t.Context())
}

// mustPlan is plan, and has the plan written and read as --save does.
func (b *bundle) mustPlan(target replay.Target, scope ...int32) *replay.Plan {
	b.t.Helper()
	plan, err := b.plan(target, scope...)
	if err != nil {
		b.t.Fatal(err)
	}
	data, err := json.Marshal(plan)
	if err != nil {
		b.t.Fatal(err)
	}
	if plan, err = replay.ReadPlan(bytes.NewReader(data)); err != nil {
		b.t.Fatal(err)
	}
	return plan
}

func (b *bundle) application(plan *replay.Plan) replay.Application {
	return replay.Application{Cluster: b.cluster(), DB: b.db.Pool, Group: group, Plan: plan, Actor: "me@here",
		Reason: "INC-7", Execute: true}
}

// apply carries a plan out.
func (b *bundle) apply(plan *replay.Plan) int64 {
	b.t.Helper()
	id, err := b.application(plan).Apply(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

// finish waits until a replay has ended.
func (b *bundle) finish(id int64) replay.State {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), time.Minute)
	defer cancel()
	var last replay.State
	state, err := replay.Follow(ctx, b.db.Pool, id, 20*time.Millisecond, func(s *replay.State) { last = *s })
	if err != nil {
		b.t.Fatalf("replay %d: %v; it was %+v", id, err, last)
	}
	return state
}

// wantBooks expects so many transfers, none twice, and books that are right.
func (b *bundle) wantBooks(transfers int) {
	b.t.Helper()
	if n := b.count("transfer"); n != transfers {
		b.t.Errorf("%d transfers, want %d", n, transfers)
	}
	if n := b.count("(SELECT FROM transfer GROUP BY reference HAVING count(*) > 1) AS twice"); n != 0 {
		b.t.Errorf("%d orders were debited more than once", n)
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

// eventually waits until nothing is in the way.
func eventually(t *testing.T, what string, inTheWay func() string) {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(60 * time.Second); ; <-ticker.C {
		why := inTheWay()
		if why == "" {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s: %s", what, why)
		}
	}
}
