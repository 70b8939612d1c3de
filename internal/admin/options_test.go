package admin

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"deductor/consumer"
)

// serveWith starts a server with options; it ends with the test.
func serveWith(t *testing.T, options Options) (url string) {
	t.Helper()
	options.Checks = func() []consumer.Check { return nil }
	server, err := Listen("127.0.0.1:0", options)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(t.Context()) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "http://" + server.Addr()
}

func TestRoutes(t *testing.T) {
	url := serveWith(t, Options{Routes: map[string]http.Handler{
		"GET /metrics": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "up 1\n") }),
		"GET /":        http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path) }),
	}})
	for path, want := range map[string]string{"/metrics": "up 1\n", "/orders": "/orders", "/livez": "ok\n"} {
		if status, body := ask(t, http.MethodGet, url+path); status != http.StatusOK || body != want {
			t.Errorf("%s: %d %q, want %q", path, status, body, want)
		}
	}
}

func TestProfilesAreOffUnlessAskedFor(t *testing.T) {
	pages := map[string]http.Handler{"GET /": http.NotFoundHandler()}
	off, on := serveWith(t, Options{}), serveWith(t, Options{Pprof: true, Routes: pages})
	for _, path := range []string{"", "profile?seconds=1", "trace?seconds=0.01", "symbol", "heap", "goroutine"} {
		path = "/debug/pprof/" + path
		if status, _ := ask(t, http.MethodGet, off+path); status != http.StatusNotFound {
			t.Errorf("off, %s: %d", path, status)
		}
		if status, body := ask(t, http.MethodGet, on+path); status != http.StatusOK || body == "" {
			t.Errorf("on, %s: %d %q", path, status, body)
		}
	}
	if _, index := ask(t, http.MethodGet, on+"/debug/pprof/"); !strings.Contains(index, "goroutine") {
		t.Errorf("the index is %s", index)
	}
	if status, _ := ask(t, http.MethodGet, on+"/debug/pprof/cmdline"); status != http.StatusNotFound {
		t.Errorf("the command line, with its secrets, is told: %d", status)
	}
}
