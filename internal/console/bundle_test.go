package console

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"deductor/consumer"
	"deductor/consumer/intake"
	"deductor/internal/kafkatest"
	"deductor/internal/pgtest"
	"deductor/internal/workertest"
	"deductor/ledger"
)

// hostile is an order id that a page must not take for more than text.
const hostile = `<img src=x onerror="document.title='owned'">'"&{{.}}` + "\u202egnp"

// bundle is a topic, a database and a console that shows them.
type bundle struct {
	t       *testing.T
	kafka   *kafkatest.Kafka
	db      *pgtest.DB
	console *Console
	url     string
	client  *http.Client
}

func newBundle(t *testing.T, change func(*Config)) *bundle {
	t.Helper()
	b := &bundle{t: t, kafka: kafkatest.New(t, 3), db: pgtest.New(t)}
	b.serve(change)
	return b
}

// serve starts a console on the bundle's topic and database.
func (b *bundle) serve(change func(*Config)) {
	b.t.Helper()
	cluster, err := intake.NewCluster(intake.Config{
		Brokers: b.kafka.Brokers, Topic: b.kafka.Topic, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(cluster.Close)
	pool, err := pgxpool.ParseConfig(b.db.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	pool.MaxConns = MaxConnections
	own, err := pgxpool.NewWithConfig(b.t.Context(), pool)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(own.Close)
	config := Config{
		Pool: own,
		Connect: func(ctx context.Context) (*pgx.Conn, error) {
			return pgx.Connect(ctx, b.db.URL)
		},
		Cluster: cluster, Topic: b.kafka.Topic, Group: "debits", Version: "test",
		Access: Access{Addr: "127.0.0.1:8321"}, Logger: slog.New(slog.NewTextHandler(b.t.Output(), nil)),
	}
	if change != nil {
		change(&config)
	}
	b.console = New(config)
	server := httptest.NewServer(b.console.Handler())
	b.t.Cleanup(server.Close)
	b.url, b.client = server.URL+Prefix, server.Client()
}

// seed has a worker debit some orders, decline some and set some aside.
func (b *bundle) seed() {
	b.t.Helper()
	accounts := []ledger.NewAccount{{Name: "poor", Currency: "USD", Kind: ledger.Customer, Balance: 50}}
	for i := range 120 {
		accounts = append(accounts, ledger.NewAccount{
			Name: fmt.Sprintf("customer-%d", i+1), Currency: "USD", Kind: ledger.Customer, Balance: 1_000_000,
		})
	}
	err := pgx.BeginFunc(b.t.Context(), b.db.Pool, func(tx pgx.Tx) error {
		_, err := ledger.Create(b.t.Context(), tx, accounts)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.kafka.Produce(b.t, 0, b.payments(200)...)
	b.kafka.Produce(b.t, 1,
		`{"order_id":"declined-1","account":"poor","amount":"1.00","currency":"USD"}`,
		`{"order_id":"ord-0","account":"customer-1","amount":"9.99","currency":"USD"}`,
		`{"order_id":"late-1","account":"nobody-yet","amount":"1.00","currency":"USD","x":1}`,
		`{"order_id":`, "\xff\xfe\x00binary")
	for i := range 60 {
		b.kafka.Produce(b.t, 1,
			fmt.Sprintf(`{"order_id":"much-%d","account":"customer-2","amount":"1.001","currency":"USD"}`, i))
	}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(hostile)
	b.kafka.Produce(b.t, 2,
		fmt.Sprintf(`{"order_id":"%s","account":"customer-3","amount":"2.00","currency":"USD"}`, quoted),
		fmt.Sprintf(`{"order_id":"%s","account":"customer-3","amount":"3.00","currency":"USD"}`, quoted))
	b.work()
}

// payments are n that are applied, ord-0 to ord-(n-1), of customer-1 to -20.
func (b *bundle) payments(n int) []string {
	values := make([]string, n)
	for i := range values {
		values[i] = fmt.Sprintf(`{"order_id":"ord-%d","account":"customer-%d","amount":"1.50","currency":"USD"}`, i, i%20+1)
	}
	return values
}

// work runs a worker until it has settled all there is.
func (b *bundle) work() {
	b.t.Helper()
	ends := b.kafka.EndOffsets(b.t)
	b.workUntil(func() string {
		for partition, committed := range b.kafka.GroupOffsets(b.t, "debits") {
			if committed == ends[partition] {
				delete(ends, partition)
			}
		}
		if len(ends) > 0 {
			return fmt.Sprintf("not yet committed up to %v", ends)
		}
		return ""
	})
}

// workUntil runs a worker until wrong says nothing any more.
func (b *bundle) workUntil(wrong func() string) {
	b.t.Helper()
	_, stop := workertest.Start(b.t, b.kafka, b.db.URL, consumer.Config{
		Group: "debits", Owner: "worker-1", SessionTimeout: time.Second})
	b.eventually(wrong)
	stop()
}

// eventually waits until wrong says nothing any more.
func (b *bundle) eventually(wrong func() string) {
	b.t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for said := wrong(); said != ""; said = wrong() {
		select {
		case <-tick.C:
		case <-deadline:
			b.t.Fatal(said)
		}
	}
}

func (b *bundle) exec(sql string, args ...any) {
	b.t.Helper()
	if _, err := b.db.Pool.Exec(b.t.Context(), sql, args...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bundle) count(sql string, args ...any) (n int) {
	b.t.Helper()
	if err := b.db.Pool.QueryRow(b.t.Context(), sql, args...).Scan(&n); err != nil {
		b.t.Fatal(err)
	}
	return n
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request whose headers and body change sets.
func (b *bundle) ask(method, path string, body io.Reader, change func(*http.Request)) answer {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if change != nil {
		change(request)
	}
	response, err := b.client.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}

// get expects a page.
func (b *bundle) get(path string) string {
	b.t.Helper()
	got := b.ask(http.MethodGet, path, nil, nil)
	if got.status != http.StatusOK {
		b.t.Errorf("GET %s: %d\n%s", path, got.status, got.body)
	}
	return got.body
}

// post sends a form as the console's own page does.
func (b *bundle) post(path string, form url.Values) answer {
	b.t.Helper()
	return b.ask(http.MethodPost, path, strings.NewReader(form.Encode()), func(r *http.Request) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	})
}

// mustHave wants texts in a page, mustLack none of them.
func mustHave(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("the page lacks %q:\n%s", text, page)
		}
	}
}

func mustLack(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(page, text) {
			t.Errorf("the page has %q:\n%s", text, page)
		}
	}
}

// unconnected serves a console whose database and brokers are never asked.
func (b *bundle) unconnected(access Access) {
	b.t.Helper()
	pool, err := pgxpool.New(b.t.Context(), "postgres://nobody@127.0.0.1:1/none")
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(pool.Close)
	cluster, err := intake.NewCluster(intake.Config{
		Brokers: []string{"127.0.0.1:1"}, Topic: "payments", Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(cluster.Close)
	b.console = New(Config{
		Pool: pool, Cluster: cluster, Topic: "payments", Group: "debits", Access: access,
		Connect: func(ctx context.Context) (*pgx.Conn, error) {
			return pgx.Connect(ctx, "postgres://nobody@127.0.0.1:1/none")
		},
		Logger: slog.New(slog.DiscardHandler),
	})
	server := httptest.NewServer(b.console.Handler())
	b.t.Cleanup(server.Close)
	b.url, b.client = server.URL+Prefix, server.Client()
}
