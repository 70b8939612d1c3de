package console

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// What the pages say of a topic that a worker has read.
func TestPages(t *testing.T) {
	t.Parallel()
	b := newBundle(t, nil)
	b.seed()
	b.exec(`INSERT INTO partition_halt (consumer_group, topic, partition, reason, detail)
		VALUES ('debits', $1, 2, 'offset_gap', 'offset 7 was expected and 9 came')`, b.kafka.Topic)
	b.exec(`INSERT INTO partition_intervention (from_offset, to_offset, done_at, source_id, partition, consumer_group,
			topic, action, actor, reason)
		SELECT 3, 5, now(), id, partition, 'debits', topic, 'skip', 'bob@host', 'INC-<7>' FROM source WHERE partition = 2`)

	for _, path := range []string{"/", "/overview/now"} {
		page := b.get(path)
		mustHave(t, page, ">balanced<", "no worker is running", "offset 7 was expected and 9 came",
			"deductor partition skip --partition 2 --to-offset OFFSET", "amount_precision", "1,200,000.50", "3 partitions")
	}
	mustHave(t, b.get("/partitions"), `<td class="n">200</td>`, "3 partitions: 0 ok, 2 idle, 1 halted", "offset_gap")
	mustHave(t, b.get("/partitions/2"), "halted", "bob@host", "INC-&lt;7&gt;", "worker-1, epoch 1")
	mustHave(t, b.get("/orders"), "Latest payments", "ord-199", "1.50")
	mustHave(t, b.get("/orders?id=ord-150"), ">applied<", "1.50 USD", "customer-11", "@150", "−1.50 USD")
	mustHave(t, b.get("/orders?id=declined-1"), ">declined<", "insufficient_funds", "not paid")
	mustHave(t, b.get("/orders?id=late-1"), "Never decided", ">set_aside<", "unknown_field",
		"nobody-yet&#34;")
	mustHave(t, b.get("/orders?id=nothing"), "never decided", "byte by byte")
	mustHave(t, b.get("/accounts/show?name=customer-11"), "Statement", "ord-150", "Opening balance")
	mustHave(t, b.get("/accounts/show?name=settlement:USD"), "no index holds its entries")
	b.pagesOfAccounts()

	id := b.count("SELECT id::int FROM dead_letter WHERE reason = 'invalid_json' ORDER BY id DESC LIMIT 1")
	letter := b.get(fmt.Sprintf("/dead-letters/%d", id))
	mustHave(t, letter, "Not text in UTF-8", "ff fe 00 62 69 6e 61 72", "9 bytes")
	mustLack(t, letter, "/requeue/confirm")
	file := b.ask(http.MethodGet, fmt.Sprintf("/dead-letters/%d/value", id), nil, nil)
	if file.body != "\xff\xfe\x00binary" || file.header.Get("Content-Type") != "application/octet-stream" ||
		!strings.HasPrefix(file.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the value is %q, %v", file.body, file.header)
	}
	conflict := b.count("SELECT id::int FROM dead_letter WHERE reason = 'order_conflict' AND order_id = 'ord-0'")
	mustHave(t, b.get(fmt.Sprintf("/dead-letters/%d", conflict)), "amount_minor", ">150<", ">999<")

	for path, want := range map[string]int{
		"/nothing": 404, "/partitions/3": 404, "/partitions/x": 404, "/partitions/99999999999": 404,
		"/dead-letters/999": 404, "/dead-letters/x": 404, "/accounts/show?name=nobody": 404,
		"/orders?id=" + strings.Repeat("x", 129): 400, "/accounts?name=" + strings.Repeat("x", 129): 400,
		"/accounts/show?name=poor&before=x": 400, "/assets/none.js": 404,
	} {
		if got := b.ask(http.MethodGet, path, nil, nil); got.status != want {
			t.Errorf("%s: %d, want %d", path, got.status, want)
		}
	}
}

// pagesOfAccounts goes through all accounts, page by page.
func (b *bundle) pagesOfAccounts() {
	b.t.Helper()
	seen := make(map[string]bool)
	path := "/accounts"
	for range 10 {
		page := b.get(path)
		for part := range strings.SplitSeq(page, `/console/accounts/show?name=`) {
			if name, _, found := strings.Cut(part, `"`); found && !strings.Contains(name, "<") {
				seen[name] = true
			}
		}
		_, next, more := strings.Cut(page, `rel="next" href="`+Prefix)
		if !more {
			break
		}
		next, _, _ = strings.Cut(next, `"`)
		path = html.UnescapeString(next)
	}
	if len(seen) != 122 {
		b.t.Errorf("%d accounts are on the pages, want 122", len(seen))
	}
	mustHave(b.t, b.get("/accounts?name=customer-11"), "customer-119", "customer-11<")
	mustLack(b.t, b.get("/accounts?name=customer-11"), "customer-12<", "poor")
}

// What producers send is text in a page, wherever it stands.
func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	b := newBundle(t, func(c *Config) { c.Write = true })
	b.seed()
	id := b.count("SELECT id::int FROM dead_letter WHERE reason = 'order_conflict' ORDER BY id DESC LIMIT 1")
	for _, path := range []string{
		"/", "/orders", "/orders?id=" + url.QueryEscape(hostile), "/dead-letters", fmt.Sprintf("/dead-letters/%d", id),
		"/accounts/show?name=customer-3", "/dead-letters?reason=" + url.QueryEscape(hostile),
		"/accounts?name=" + url.QueryEscape(hostile), fmt.Sprintf("/dead-letters/requeue/confirm?id=%d", id),
	} {
		page := b.get(path)
		mustLack(t, page, "<img src=x", `onerror="`)
		// A field for text has what was asked for, to be asked for again.
		mustLack(t, regexp.MustCompile(`value="[^"]*"`).ReplaceAllString(page, ""), "\u202e")
	}
	mustHave(t, b.get("/orders?id="+url.QueryEscape(hostile)), "2.00 USD", "order_conflict")
}

// Brokers or a database that can't be reached are named, in time, and the page
// of the overview has its other sections.
func TestFailuresAreNamed(t *testing.T) {
	t.Parallel()
	b := newBundle(t, nil)
	b.kafka.Cluster.Close()
	began := time.Now()
	mustHave(t, b.get("/"), "The partitions can&#39;t be looked at", "There are no accounts yet")
	got := b.ask(http.MethodGet, "/partitions", nil, nil)
	if got.status != http.StatusServiceUnavailable {
		t.Errorf("the partitions: %d", got.status)
	}
	mustHave(t, got.body, "The partitions can&#39;t be looked at")
	if took := time.Since(began); took > 2*pageTimeout {
		t.Errorf("it took %v", took)
	}
	mustHave(t, b.get("/accounts"), "There are no accounts yet")
	mustHave(t, b.get("/dead-letters"), "No dead letter is open")
	mustHave(t, b.get("/orders"), "Nothing was paid yet")
	mustHave(t, b.get("/overview/series"), `"seconds":null`)

	down := &bundle{t: t}
	down.unconnected(Access{Addr: "127.0.0.1:1"})
	for _, path := range []string{"/accounts", "/orders", "/dead-letters", "/orders?id=x", "/dead-letters/1"} {
		got := down.ask(http.MethodGet, path, nil, nil)
		if got.status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", path, got.status)
		}
		mustHave(t, got.body, "can&#39;t be read", "failed to connect")
		mustLack(t, got.body, "postgres://")
	}
	if got := down.ask(http.MethodPost, "/audit", nil, nil); got.status != http.StatusServiceUnavailable {
		t.Errorf("the audit: %d", got.status)
	}
}

// A page writes nothing, whatever a statement in it tries.
func TestPagesCantWrite(t *testing.T) {
	t.Parallel()
	b := newBundle(t, nil)
	ask := func(sql string) (string, error) {
		rows, err := b.console.db.Query(t.Context(), sql)
		if err != nil {
			return "", err
		}
		return pgx.CollectOneRow(rows, pgx.RowTo[string])
	}
	if _, err := ask("CREATE TABLE x ()"); err == nil || !strings.Contains(err.Error(), "25006") {
		t.Errorf("it was not refused as read-only: %v", err)
	}
	timeout, err := ask("SHOW statement_timeout")
	if err != nil {
		t.Fatal(err)
	}
	if timeout != "4s" {
		t.Errorf("the statement's timeout is %q", timeout)
	}
}

func TestAudit(t *testing.T) {
	t.Parallel()
	b := newBundle(t, nil)
	b.seed()
	mustHave(t, b.get("/audit"), "No audit ran")
	b.console.auditor <- struct{}{}
	if got := b.ask(http.MethodPost, "/audit", nil, nil); got.status != http.StatusConflict {
		t.Errorf("a second audit at the same time: %d", got.status)
	}
	<-b.console.auditor
	if got := b.ask(http.MethodPost, "/audit", nil, nil); !strings.Contains(got.body, "The books balance") {
		t.Errorf("%d %s", got.status, got.body)
	}
	b.exec("UPDATE account SET balance = balance + 1 WHERE name = 'customer-5'")
	got := b.ask(http.MethodPost, "/audit", nil, nil)
	mustHave(t, got.body, "The books are wrong", "customer-5", ">failed<")
	mustHave(t, b.get("/audit"), "The books are wrong")
}
