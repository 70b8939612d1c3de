package metrics

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.uber.org/goleak"

	"deductor/consumer"
	"deductor/consumer/command"
	"deductor/consumer/intake"
	"deductor/internal/kafkatest"
	"deductor/internal/pgtest"
	"deductor/ledger"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Tests{M: m}) }

// bundle is a broker, a database with an account that holds 10.00 USD, and a
// worker that is measured.
type bundle struct {
	t       *testing.T
	kafka   *kafkatest.Kafka
	db      *pgtest.DB
	metrics *Metrics
	worker  *consumer.Worker
}

func newBundle(t *testing.T, partitions int32) *bundle {
	t.Helper()
	b := &bundle{t: t, kafka: kafkatest.New(t, partitions), db: pgtest.New(t)}
	if err := pgx.BeginFunc(t.Context(), b.db.Pool, func(tx pgx.Tx) error {
		_, err := ledger.Create(t.Context(), tx, []ledger.NewAccount{
			{Name: "alice", Currency: "USD", Kind: ledger.Customer, Balance: 10_00}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	workers, err := pgxpool.New(t.Context(), b.db.WorkerURL(t)) // the least role
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(workers.Close)
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	b.metrics = New(Config{Group: "debits", Topic: b.kafka.Topic, Version: "v1", Pool: workers, Logger: log})
	b.worker, err = consumer.New(consumer.Config{
		Brokers: b.kafka.Brokers, Topic: b.kafka.Topic, Group: "debits", Owner: "worker-1", Database: workers,
		RecheckInterval: 50 * time.Millisecond, CommitInterval: 10 * time.Millisecond,
		Logger: log, Observer: b.metrics.Observer(),
	})
	if err != nil {
		t.Fatal(err)
	}
	b.metrics.Watch(b.worker.State, b.worker.Checks)
	return b
}

// start runs the worker, and the reading of the books, until the test ends.
func (b *bundle) start() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- b.worker.Run(ctx) }()
	go func() { b.metrics.Run(ctx); done <- nil }()
	b.t.Cleanup(func() {
		cancel()
		for range cap(done) {
			if err := <-done; err != nil {
				b.t.Error(err)
			}
		}
	})
}

// scrape returns what Prometheus sees, by name.
func (b *bundle) scrape() map[string]*dto.MetricFamily {
	b.t.Helper()
	answer := httptest.NewRecorder()
	b.metrics.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(answer.Body)
	if answer.Code != http.StatusOK || err != nil {
		b.t.Fatalf("the scrape is answered with %d, %v", answer.Code, err)
	}
	return families
}

// values are all series of the families that begin with deductor_, as
// name{label="value"}; of a histogram its count. Group and topic are checked and
// left out.
func (b *bundle) values() map[string]float64 {
	b.t.Helper()
	values := make(map[string]float64)
	for name, family := range b.scrape() {
		for _, metric := range family.GetMetric() {
			var labels []string
			for _, label := range metric.GetLabel() {
				switch {
				case label.GetName() == "group" && label.GetValue() == "debits":
				case label.GetName() == "topic" && label.GetValue() == b.kafka.Topic:
				case label.GetValue() != "":
					labels = append(labels, fmt.Sprintf("%s=%q", label.GetName(), label.GetValue()))
				}
			}
			series := strings.TrimPrefix(name, "deductor_") + "{" + strings.Join(labels, ",") + "}"
			switch family.GetType() {
			case dto.MetricType_COUNTER:
				values[series] = metric.GetCounter().GetValue()
			case dto.MetricType_HISTOGRAM:
				values[series] = float64(metric.GetHistogram().GetSampleCount())
			default:
				values[series] = metric.GetGauge().GetValue()
			}
		}
	}
	return values
}

// await scrapes until the series have the values.
func (b *bundle) await(want map[string]float64) {
	b.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for ; ; <-ticker.C {
		got, missing := b.values(), ""
		for series, value := range want {
			if is, there := got[series]; !there || is != value {
				missing += fmt.Sprintf("\n%s is %v (%t), want %v", series, is, there, value)
			}
		}
		if missing == "" {
			return
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("waited in vain:%s", missing)
		}
	}
}

// commitOffset commits an offset for the group, which has no member yet.
func (b *bundle) commitOffset(partition int32, at int64) {
	b.t.Helper()
	cluster, err := intake.NewCluster(intake.Config{Brokers: b.kafka.Brokers, Topic: b.kafka.Topic})
	if err != nil {
		b.t.Fatal(err)
	}
	defer cluster.Close()
	if err := cluster.CommitOffsets(b.t.Context(), "debits", map[int32]int64{partition: at}); err != nil {
		b.t.Fatal(err)
	}
}

// pay is the message of a payment.
func pay(order, account string, amount int64) string {
	message, err := command.Encode(command.Command{
		OrderID: order, Account: account, Currency: "USD", Amount: amount})
	if err != nil {
		panic(err)
	}
	return string(message)
}
