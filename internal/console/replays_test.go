package console

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// A replay is planned, applied and followed to its end, and pays nothing twice.
func TestPromise1_ReplayByTheConsole(t *testing.T) {
	t.Parallel()
	b := newBundle(t, func(c *Config) { c.Write = true })
	b.seed()
	mustHave(t, b.get("/replays"), "Nothing was ever replayed")
	planned := b.post("/replays/plan", url.Values{"target": {"earliest"}, "partitions": {"0, 1"}})
	if planned.status != http.StatusOK {
		t.Fatalf("the plan: %d %s", planned.status, planned.body)
	}
	mustHave(t, planned.body, "--to-earliest", "no money moves", `<p class="big">265</p>`)
	name := regexp.MustCompile(`name="plan" value="(\w+)"`).FindStringSubmatch(planned.body)
	if name == nil {
		t.Fatalf("there is no plan to apply: %s", planned.body)
	}
	form := url.Values{"plan": {name[1]}, "name": {"bob"}, "reason": {"bad deploy, INC-7"}}
	for field, wrong := range map[string]string{"reason": "", "name": "", "rate": "x", "plan": "unknown"} {
		changed := url.Values{}
		for key, values := range form {
			changed[key] = values
		}
		changed.Set(field, wrong)
		if got := b.post("/replays/apply", changed); got.status != 400 && got.status != 409 {
			t.Errorf("with %s %q: %d", field, wrong, got.status)
		}
	}
	before := b.count("SELECT count(*) FROM transfer")
	mustHave(t, b.post("/replays/apply", form).body, "Replay 1", ">running<", "bad deploy, INC-7", "bob (console")
	if got := b.post("/replays/apply", form); got.status != http.StatusConflict {
		t.Errorf("the stale plan: %d", got.status)
	}
	mustHave(t, b.get("/replays/1/now"), "0 of 265")
	b.workUntil(func() string {
		if page := b.get("/replays/1"); !strings.Contains(page, `<h1>Replay 1 <span class="badge finished">`) {
			return "the replay still runs: " + page
		}
		return ""
	})
	mustHave(t, b.get("/replays"), "265 of 265", ">finished<")
	if after := b.count("SELECT count(*) FROM transfer"); after != before {
		t.Errorf("%d transfers, want %d", after, before)
	}
}

func TestReplayRefused(t *testing.T) {
	t.Parallel()
	b := newBundle(t, nil)
	for _, form := range []string{"", "target=datetime&value=yesterday", "target=datetime&value=2026-01-31T13:00",
		"target=duration&value=x", "target=order",
		"target=earliest&partitions=x", "target=order&value=" + strings.Repeat("x", 129)} {
		values, err := url.ParseQuery(form)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.post("/replays/plan", values); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d", form, got.status)
		}
	}
	if got := b.post("/replays/apply", url.Values{"plan": {"x"}}); got.status != http.StatusForbidden {
		t.Errorf("a console that only reads applies: %d", got.status)
	}
	for path, want := range map[string]int{"/replays/1": 404, "/replays/x": 404, "/replays?before=x": 400} {
		if got := b.ask(http.MethodGet, path, nil, nil); got.status != want {
			t.Errorf("%s: %d, want %d", path, got.status, want)
		}
	}
	b.console.planning <- struct{}{}
	if got := b.post("/replays/plan", url.Values{"target": {"earliest"}}); got.status != http.StatusConflict {
		t.Errorf("a second plan at the same time: %d", got.status)
	}
}
