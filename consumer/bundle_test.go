package consumer

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"deductor/consumer/command"
	"deductor/consumer/settle"
	"deductor/internal/kafkatest"
	"deductor/internal/pgtest"
	"deductor/ledger"
)

const group = "workers"

// bundle is a broker, a database with accounts, and what was asked of them.
type bundle struct {
	kafka *kafkatest.Kafka
	db    *pgtest.DB
}

// newBundle begins with a topic of some partitions and accounts acct-0 to
// acct-9 that hold 1,000.00 USD each.
func newBundle(t *testing.T, partitions int32) *bundle {
	t.Helper()
	b := &bundle{kafka: kafkatest.New(t, partitions), db: pgtest.New(t)}
	var accounts []ledger.NewAccount
	for i := range 10 {
		accounts = append(accounts, ledger.NewAccount{
			Name: fmt.Sprintf("acct-%d", i), Currency: "USD", Kind: ledger.Customer, Balance: 1000_00})
	}
	if err := pgx.BeginFunc(t.Context(), b.db.Pool, func(tx pgx.Tx) error {
		_, err := ledger.Create(t.Context(), tx, accounts)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return b
}

// order is the message of a payment of one dollar.
func order(id, account string) string {
	message, err := command.Encode(command.Command{
		OrderID: id, Account: account, Currency: "USD", Amount: 100})
	if err != nil {
		panic(err)
	}
	return string(message)
}

// worker makes a worker that connects as the least role.
func (b *bundle) worker(t *testing.T, name string, change func(*Config)) *Worker {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), b.db.WorkerURL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	config := Config{
		Brokers:         b.kafka.Brokers,
		Topic:           b.kafka.Topic,
		Group:           group,
		Owner:           name,
		Database:        pool,
		Lanes:           2,
		RecheckInterval: 50 * time.Millisecond,
		CommitInterval:  10 * time.Millisecond,
		Logger:          slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	if change != nil {
		change(&config)
	}
	w, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// start runs a worker until stop is called or the test ends.
func start(t *testing.T, w *Worker) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	var stopped bool
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("worker %s: %v", w.config.Owner, err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// run runs a worker under the name.
func (b *bundle) run(t *testing.T, name string) (stop func()) {
	t.Helper()
	return start(t, b.worker(t, name, nil))
}

// awaitSettled waits until the watermarks are at the logs' ends.
func (b *bundle) awaitSettled(t *testing.T) {
	t.Helper()
	ends := b.kafka.EndOffsets(t)
	await(t, "watermarks to reach the logs' ends", func() (bool, string) {
		marks := b.watermarks(t)
		for partition, end := range ends {
			if marks[partition] != end {
				return false, fmt.Sprintf("watermarks %v, ends %v", marks, ends)
			}
		}
		return true, ""
	})
}

func (b *bundle) watermarks(t *testing.T) map[int32]int64 {
	t.Helper()
	rows, err := b.db.Pool.Query(t.Context(),
		"SELECT partition, next_offset FROM watermark WHERE consumer_group = $1", group)
	if err != nil {
		t.Fatal(err)
	}
	marks := make(map[int32]int64)
	var partition int32
	var next int64
	if _, err := pgx.ForEachRow(rows, []any{&partition, &next}, func() error {
		marks[partition] = next
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return marks
}

// await waits until a condition holds, and says how far it was if it never does.
func await(t *testing.T, what string, condition func() (bool, string)) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		holds, state := condition()
		if holds {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s: %s", what, state)
		}
		<-ticker.C
	}
}

// count counts rows.
func (b *bundle) count(t *testing.T, from string, args ...any) int {
	t.Helper()
	var n int
	if err := b.db.Pool.QueryRow(t.Context(), "SELECT count(*) FROM "+from, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// wantTransfers expects so many transfers, and books that are right.
func (b *bundle) wantTransfers(t *testing.T, want int) {
	t.Helper()
	if got := b.count(t, "transfer"); got != want {
		t.Errorf("%d transfers, want %d", got, want)
	}
	b.audit(t)
}

// audit fails the test when the books are wrong.
func (b *bundle) audit(t *testing.T) {
	t.Helper()
	checks, _, err := settle.Audit(t.Context(), b.db.Pool, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, check := range checks {
		for _, finding := range check.Findings {
			t.Errorf("audit %s: %s: %s", check.Name, finding.Subject, finding.Detail)
		}
	}
}
