package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const token = "0123456789abcdef-token"

// Who is let in: by where the console listens, what has to be given, and what is.
func TestAccess(t *testing.T) {
	t.Parallel()
	const password = "0123456789abcdef-word"
	nothing := func(*http.Request) {}
	basic := func(user, password string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(user, password) }
	}
	bearer := func(token string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
	}
	named := func(host string) func(*http.Request) { return func(r *http.Request) { r.Host = host } }
	local, open := "127.0.0.1:8321", ":8321"
	for _, test := range []struct {
		name   string
		access Access
		change func(*http.Request)
		status int
	}{
		{"loopback", Access{Addr: local}, nothing, 200},
		{"localhost", Access{Addr: "localhost:8321"}, nothing, 200},
		{"IPv6 loopback", Access{Addr: "[::1]:8321"}, nothing, 200},
		{"all addresses", Access{Addr: open}, nothing, 403},
		{"another address", Access{Addr: "10.0.0.7:8321"}, nothing, 403},
		{"a name", Access{Addr: "worker.example:8321"}, nothing, 403},
		{"rebound name", Access{Addr: local}, named("evil.example"), 403},
		{"rebound name with port", Access{Addr: local}, named("evil.example:8321"), 403},
		{"as localhost", Access{Addr: local}, named("localhost:9999"), 200},
		{"as IPv6", Access{Addr: local}, named("[::1]:9999"), 200},
		{"behind a proxy", Access{Addr: local, Token: token}, func(r *http.Request) {
			r.Host = "console.example"
			r.SetBasicAuth("alice", token)
		}, 200},
		{"not signed in", Access{Addr: open, Token: token}, nothing, 401},
		{"not signed in on loopback", Access{Addr: local, Token: token}, nothing, 401},
		{"token", Access{Addr: open, Token: token}, basic("alice", token), 200},
		{"token without a name", Access{Addr: open, Token: token}, basic("", token), 401},
		{"wrong token", Access{Addr: open, Token: token}, basic("alice", token+"x"), 401},
		{"no password", Access{Addr: open, Token: token}, basic("alice", ""), 401},
		{"bearer", Access{Addr: open, Token: token}, bearer(token), 200},
		{"wrong bearer", Access{Addr: open, Token: token}, bearer("x"), 401},
		{"empty bearer without a token", Access{Addr: open, User: "bob", Password: password}, bearer(""), 401},
		{"empty password without a token", Access{Addr: open, User: "bob", Password: password}, basic("bob", ""), 401},
		{"user", Access{Addr: open, User: "bob", Password: password}, basic("bob", password), 200},
		{"another user", Access{Addr: open, User: "bob", Password: password}, basic("eve", password), 401},
		{"wrong password", Access{Addr: open, User: "bob", Password: password}, basic("bob", "x"), 401},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := &bundle{t: t}
			b.unconnected(test.access)
			got := b.ask(http.MethodGet, "/audit", nil, test.change)
			if got.status != test.status {
				t.Errorf("%d, want %d: %s", got.status, test.status, got.body)
			}
			if challenge := got.header.Get("WWW-Authenticate"); (challenge != "") != (test.status == 401) {
				t.Errorf("the challenge is %q", challenge)
			}
			if test.status != 200 && strings.Contains(got.body, "debits") {
				t.Errorf("the refusal tells what is here: %s", got.body)
			}
			style := b.ask(http.MethodGet, strings.TrimPrefix(assetPaths["console.css"], Prefix), nil, test.change)
			if style.status != test.status {
				t.Errorf("an asset: %d, want %d", style.status, test.status)
			}
		})
	}
}

func TestRefusalSaysWhatToSet(t *testing.T) {
	t.Parallel()
	b := &bundle{t: t}
	b.unconnected(Access{Addr: ":8321"})
	got := b.ask(http.MethodGet, "/", nil, nil)
	mustHave(t, got.body, "DEDUCTOR_CONSOLE_TOKEN_FILE", "DEDUCTOR_CONSOLE_PASSWORD_FILE", "DEDUCTOR_ADMIN_ADDR")
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	b := &bundle{t: t}
	b.unconnected(Access{Addr: "127.0.0.1:1"})
	for _, path := range []string{"/audit", "/nothing"} {
		header := b.ask(http.MethodGet, path, nil, nil).header
		for name, want := range map[string]string{
			"Content-Security-Policy":    policy,
			"X-Content-Type-Options":     "nosniff",
			"X-Frame-Options":            "DENY",
			"Referrer-Policy":            "same-origin",
			"Cache-Control":              "no-store",
			"Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
	for _, forbidden := range []string{"unsafe-inline", "unsafe-eval", "*"} {
		mustLack(t, policy, forbidden)
	}
	mustHave(t, policy, "default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'")
}

// A form that another site makes a browser send does nothing.
func TestOtherSitesCantAct(t *testing.T) {
	t.Parallel()
	b := newBundle(t, func(c *Config) { c.Write = true })
	b.exec(`WITH origin AS (INSERT INTO source (topic_id, partition, topic)
			VALUES (gen_random_uuid(), 0, 'payments') RETURNING id)
		INSERT INTO dead_letter (source_id, record_offset, record_timestamp, reason, detail, header_keys, header_values)
		SELECT id, 1, 0, 'invalid_json', 'x', '{}', '{}' FROM origin`)
	form := url.Values{"id": {"1"}, "name": {"eve"}, "reason": {"why not"}}
	send := func(name, value string) answer {
		return b.ask(http.MethodPost, "/dead-letters/discard", strings.NewReader(form.Encode()), func(r *http.Request) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(name, value)
		})
	}
	for _, header := range [][2]string{
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"},
		{"Origin", "null"},
	} {
		if got := send(header[0], header[1]); got.status != http.StatusForbidden {
			t.Errorf("%v: %d", header, got.status)
		}
	}
	if n := b.count("SELECT count(*) FROM dead_letter_action"); n != 0 {
		t.Fatalf("%d actions were done", n)
	}
	if got := send("Sec-Fetch-Site", "same-origin"); got.status != http.StatusOK {
		t.Errorf("the own form: %d %s", got.status, got.body)
	}
	if n := b.count("SELECT count(*) FROM dead_letter_action"); n != 1 {
		t.Errorf("%d actions were done, want 1", n)
	}
}
