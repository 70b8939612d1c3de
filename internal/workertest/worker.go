// Package workertest gives tests a worker that runs beside them, in their
// process, on the broker of [kafkatest] and a database of [pgtest].
package workertest

import (
	"cmp"
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"deductor/consumer"
	"deductor/internal/kafkatest"
)

// Start runs a worker of the configured group, which connects to the database by
// the URL, until stop is called or the test ends. What the configuration leaves
// out is set so that tests need not wait: topic, owner, intervals.
func Start(
	t testing.TB, kafka *kafkatest.Kafka, databaseURL string, config consumer.Config,
) (w *consumer.Worker, stop func()) {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	config.Brokers, config.Database = kafka.Brokers, pool
	config.Topic = cmp.Or(config.Topic, kafka.Topic)
	config.Owner = cmp.Or(config.Owner, "worker")
	config.RecheckInterval = cmp.Or(config.RecheckInterval, 50*time.Millisecond)
	config.CommitInterval = cmp.Or(config.CommitInterval, 10*time.Millisecond)
	config.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	if w, err = consumer.New(config); err != nil {
		pool.Close()
		t.Fatal(err)
	}
	stop = run(t, w, pool)
	t.Cleanup(stop)
	return w, stop
}

// run begins the worker's work. The function that it returns ends it, once.
func run(t testing.TB, w *consumer.Worker, pool *pgxpool.Pool) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	running := true
	return func() {
		if !running {
			return
		}
		running = false
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("worker: %v", err)
		}
		pool.Close()
	}
}
