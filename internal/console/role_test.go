package console

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A worker's role is enough to read everything, and for an action it takes what
// docs/how-to/console.md says, and no more.
func TestRoles(t *testing.T) {
	t.Parallel()
	b := newBundle(t, nil)
	b.seed()
	role := b.db.WorkerURL(t)
	pool, err := pgxpool.New(t.Context(), role)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	b.serve(func(c *Config) {
		c.Write, c.Pool = true, pool
		c.Connect = func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, role) }
	})
	for _, path := range []string{"/", "/partitions", "/partitions/0", "/orders", "/orders?id=ord-0", "/orders?id=late-1",
		"/accounts", "/accounts/show?name=customer-1", "/dead-letters", "/dead-letters?state=all", "/dead-letters/1"} {
		mustLack(t, b.get(path), "permission denied")
	}
	if got := b.ask(http.MethodPost, "/audit", nil, nil); got.status != http.StatusOK {
		t.Errorf("the audit: %d", got.status)
	}
	form := url.Values{"id": {"1"}, "name": {"bob"}, "reason": {"INC-7"}}
	got := b.post("/dead-letters/discard", form)
	if got.status != http.StatusServiceUnavailable {
		t.Errorf("a worker's role may discard: %d", got.status)
	}
	mustHave(t, got.body, "permission denied")
	b.exec("GRANT UPDATE (resolution, resolved_at) ON dead_letter TO worker")
	b.exec("GRANT INSERT ON dead_letter_action TO worker")
	mustHave(t, b.post("/dead-letters/discard", form).body, "Discarded: 1 of 1")
	form.Set("id", "2")
	mustHave(t, b.post("/dead-letters/requeue", form).body, "Requeued: 0 of 1", ">refused<")

	planned := b.post("/replays/plan", url.Values{"target": {"earliest"}, "partitions": {"0"}})
	name := regexp.MustCompile(`name="plan" value="(\w+)"`).FindStringSubmatch(planned.body)
	if name == nil {
		t.Fatalf("a worker's role can't plan: %s", planned.body)
	}
	form = url.Values{"plan": {name[1]}, "name": {"bob"}, "reason": {"INC-7"}}
	mustHave(t, b.post("/replays/apply", form).body, "permission denied")
	b.exec("GRANT INSERT ON replay, replay_partition TO worker")
	mustHave(t, b.post("/replays/apply", form).body, "Replay 1")
}
