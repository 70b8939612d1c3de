package console

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// listed are the ids of the dead letters on a page, in its order.
func listed(page string) (ids []string) {
	row := regexp.MustCompile(`<td><a href="/console/dead-letters/(\d+)">`)
	for _, found := range row.FindAllStringSubmatch(page, -1) {
		ids = append(ids, found[1])
	}
	return ids
}

func TestLetterFilters(t *testing.T) {
	t.Parallel()
	b := newBundle(t, nil)
	b.exec(`WITH origin AS (INSERT INTO source (topic_id, partition, topic) SELECT gen_random_uuid(), p, t
			FROM generate_series(0, 1) p, unnest(ARRAY['payments', 'other']) t RETURNING id, partition, topic)
		INSERT INTO dead_letter (source_id, record_offset, record_timestamp, reason, detail, header_keys, header_values,
		                         created_at, resolution, resolved_at)
		SELECT o.id, v.i, 0, v.reason, 'x', '{}', '{}', v.at::timestamptz, v.resolution,
		       CASE WHEN v.resolution IS NOT NULL THEN now() END
		  FROM (VALUES (1, 'payments', 0, 'invalid_json',   '2026-01-01 10:00Z', NULL),
		               (2, 'payments', 1, 'invalid_json',   '2026-01-01 11:00Z', NULL),
		               (3, 'other',    0, 'order_conflict', '2026-01-02 10:00Z', NULL),
		               (4, 'other',    1, 'order_conflict', '2026-01-03 10:00Z', 'requeued'),
		               (5, 'payments', 0, 'too_old',        '2026-01-04 10:00Z', 'discarded'),
		               (6, 'payments', 0, 'of_the_future',  '2026-01-05 10:00Z', 'discarded'))
		       AS v (i, topic, partition, reason, at, resolution)
		  JOIN origin o ON o.topic = v.topic AND o.partition = v.partition
		 ORDER BY v.i`)
	for _, test := range []struct{ query, want string }{
		{"", "3 2 1"},
		{"?state=open", "3 2 1"},
		{"?state=all", "6 5 4 3 2 1"},
		{"?state=requeued", "4"},
		{"?state=discarded", "6 5"},
		{"?reason=invalid_json", "2 1"},
		{"?reason=too_old", ""},
		{"?reason=too_old&state=all", "5"},
		{"?topic=payments", "2 1"},
		{"?topic=none", ""},
		{"?partition=0", "3 1"},
		{"?topic=payments&partition=1", "2"},
		{"?from=2026-01-01T11:00", "3 2"},
		{"?from=2026-01-01T12:00%2B01:00&to=2026-01-02", "2"},
		{"?to=2026-01-01T11:00", "1"},
		{"?state=all&topic=payments&from=2026-01-04", "6 5"},
		{"?before=3", "2 1"},
		{"?state=all&before=3", "2 1"},
	} {
		if got := strings.Join(listed(b.get("/dead-letters"+test.query)), " "); got != test.want {
			t.Errorf("%s: %s, want %s", test.query, got, test.want)
		}
	}
	mustHave(t, b.get("/dead-letters?state=all"), "<code>of_the_future</code> 1", "<code>invalid_json</code> 2")
	mustHave(t, b.get("/dead-letters?reason=invalid_json"), "<code>order_conflict</code> 1",
		"deductor deadletter requeue --code invalid_json")
	for _, wrong := range []string{"state=x", "partition=x", "partition=-1", "from=yesterday", "to=1", "before=0",
		"reason=" + strings.Repeat("x", 257)} {
		if got := b.ask(http.MethodGet, "/dead-letters?"+wrong, nil, nil); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d", wrong, got.status)
		}
	}
}

// Counts stop, and pages go on where the last one ended.
func TestManyLetters(t *testing.T) {
	t.Parallel()
	b := newBundle(t, nil)
	b.exec(`WITH origin AS (INSERT INTO source (topic_id, partition, topic)
			VALUES (gen_random_uuid(), 0, 'payments') RETURNING id)
		INSERT INTO dead_letter (source_id, record_offset, record_timestamp, reason, detail, header_keys, header_values)
		SELECT id, i, 0, 'invalid_json', 'x', '{}', '{}' FROM origin, generate_series(1, 1100) i`)
	page := b.get("/dead-letters")
	mustHave(t, page, "<code>invalid_json</code> 1,000+")
	mustHave(t, b.get("/"), "1,000+")
	seen := make(map[string]bool)
	for range 30 {
		for _, id := range listed(page) {
			if seen[id] {
				t.Fatalf("letter %s is on two pages", id)
			}
			seen[id] = true
		}
		_, next, more := strings.Cut(page, `rel="next" href="`+Prefix)
		if !more {
			break
		}
		next, _, _ = strings.Cut(next, `"`)
		page = b.get(strings.ReplaceAll(next, "&amp;", "&"))
	}
	if len(seen) != 1100 {
		t.Errorf("%d letters are on the pages, want 1100", len(seen))
	}
}

func TestReadOnlyRefusesToAct(t *testing.T) {
	t.Parallel()
	b := newBundle(t, nil)
	b.seed()
	form := url.Values{"id": {"1"}, "name": {"bob"}, "reason": {"INC-7"}}
	for _, action := range []string{"requeue", "discard"} {
		got := b.post("/dead-letters/"+action, form)
		if got.status != http.StatusForbidden {
			t.Errorf("%s: %d", action, got.status)
		}
		mustHave(t, got.body, "DEDUCTOR_CONSOLE_WRITE")
		got = b.ask(http.MethodGet, "/dead-letters/"+action+"/confirm?id=1", nil, nil)
		if got.status != http.StatusForbidden {
			t.Errorf("confirm %s: %d", action, got.status)
		}
	}
	mustLack(t, b.get("/dead-letters"), "confirm", `type="checkbox"`)
	if n := b.count("SELECT count(*) FROM dead_letter_action"); n != 0 {
		t.Errorf("%d actions were done", n)
	}
}

// A letter whose cause was mended is rehearsed, requeued and paid once, under
// the name of who signed in.
func TestRequeue(t *testing.T) {
	t.Parallel()
	b := newBundle(t, func(c *Config) { c.Write, c.Access.Token = true, token })
	signedIn := func(r *http.Request) { r.SetBasicAuth("alice", token) }
	b.seed()
	id := b.count("SELECT id::int FROM dead_letter WHERE order_id = 'much-0'")
	// As if a later version could read what this one can't.
	b.exec(`UPDATE dead_letter SET record_value = replace(convert_from(record_value, 'UTF8'), '1.001', '1.01')::bytea
		WHERE id = $1`, id)
	still := b.count("SELECT id::int FROM dead_letter WHERE order_id = 'late-1'")
	path := fmt.Sprintf("/dead-letters/requeue/confirm?id=%d&id=%d", id, still)
	rehearsed := b.ask(http.MethodGet, path, nil, signedIn)
	mustHave(t, rehearsed.body, ">applied<", ">refused<", "unknown_field")
	mustLack(t, rehearsed.body, "Your name")
	if n := b.count("SELECT count(*) FROM dead_letter_action"); n != 0 {
		t.Fatalf("a rehearsal left %d actions", n)
	}
	send := func(form url.Values) answer {
		return b.ask(http.MethodPost, "/dead-letters/requeue", strings.NewReader(form.Encode()), func(r *http.Request) {
			signedIn(r)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		})
	}
	form := url.Values{"id": {fmt.Sprint(id), fmt.Sprint(still)}, "name": {"mallory"}, "reason": {"read by 1.4, INC-7"}}
	for _, missing := range []string{"id", "reason"} {
		without := url.Values{}
		for name, values := range form {
			if name != missing {
				without[name] = values
			}
		}
		if got := send(without); got.status != http.StatusBadRequest {
			t.Errorf("without %s: %d", missing, got.status)
		}
	}
	mustHave(t, send(form).body, "Requeued: 1 of 2", ">applied<")
	mustHave(t, send(form).body, "Requeued: 0 of 2", ">skipped<")
	if n := b.count("SELECT count(*) FROM transfer WHERE reference = 'much-0'"); n != 1 {
		t.Errorf("it was paid %d times", n)
	}
	if n := b.count(`SELECT count(*) FROM dead_letter_action WHERE dead_letter_id = $1 AND outcome = 'applied'
		AND actor = 'alice (console, 127.0.0.1)' AND reason = 'read by 1.4, INC-7'`, id); n != 1 {
		t.Error("it is not kept who requeued it and why")
	}
}

func TestWhoIsAsked(t *testing.T) {
	t.Parallel()
	b := newBundle(t, func(c *Config) { c.Write = true })
	b.seed()
	mustHave(t, b.get("/dead-letters/discard/confirm?id=1"), "Your name")
	for _, form := range []url.Values{
		{"id": {"1"}, "reason": {"x"}},
		{"id": {"1"}, "reason": {"x"}, "name": {strings.Repeat("x", maxName+1)}},
		{"id": {"1"}, "reason": {strings.Repeat("x", maxReason+1)}, "name": {"bob"}},
		{"id": {"1"}, "reason": {" "}, "name": {"bob"}},
		{"id": {"1"}, "reason": {"\xff"}, "name": {"bob"}},
	} {
		if got := b.post("/dead-letters/discard", form); got.status != http.StatusBadRequest {
			t.Errorf("%v: %d", form, got.status)
		}
	}
	form := url.Values{"id": {"999"}, "reason": {"x"}, "name": {"bob"}}
	if got := b.post("/dead-letters/discard", form); got.status != http.StatusNotFound {
		t.Errorf("an unknown letter: %d", got.status)
	}
	if got := b.post("/dead-letters/forget", form); got.status != http.StatusNotFound {
		t.Errorf("an unknown action: %d", got.status)
	}
	if n := b.count("SELECT count(*) FROM dead_letter_action"); n != 0 {
		t.Errorf("%d actions were done", n)
	}
}
