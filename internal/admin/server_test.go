package admin

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"deductor/consumer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts a server whose checks the test sets; stop ends it.
func serve(t *testing.T) (url string, checks *atomic.Pointer[[]consumer.Check], stop func() error) {
	t.Helper()
	checks = &atomic.Pointer[[]consumer.Check]{}
	checks.Store(&[]consumer.Check{})
	server, err := Listen("127.0.0.1:0", Options{Checks: func() []consumer.Check { return *checks.Load() }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx) }()
	stop = func() error { cancel(); err := <-ended; ended <- err; return err }
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		_ = stop()
	})
	return "http://" + server.Addr(), checks, stop
}

func ask(t *testing.T, method, url string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestAnswers(t *testing.T) {
	url, checks, _ := serve(t)
	well := []consumer.Check{{Name: "consumer group"}, {Name: "partition 1", Note: "halted: offset_gap: a gap"}}
	trouble := errors.Join(errors.New("no answer"), errors.New("twice"))
	ill := append([]consumer.Check{{Name: "database", Err: trouble}}, well...)
	for _, test := range []struct {
		checks []consumer.Check
		path   string
		status int
		body   string
	}{
		{well, "/livez", 200, "ok\n"},
		{ill, "/livez", 200, "ok\n"},
		{well, "/readyz", 200, "ok\n"},
		{well, "/readyz?verbose", 200, "[+] consumer group\n[+] partition 1: halted: offset_gap: a gap\nready\n"},
		{ill, "/readyz", 503, "[-] database: no answer; twice\n"},
		{ill, "/readyz?verbose", 503,
			"[-] database: no answer; twice\n[+] consumer group\n" +
				"[+] partition 1: halted: offset_gap: a gap\nnot ready\n"},
		{well, "/", 404, "404 page not found\n"},
	} {
		checks.Store(&test.checks)
		if status, body := ask(t, http.MethodGet, url+test.path); status != test.status || body != test.body {
			t.Errorf("%s: %d %q, want %d %q", test.path, status, body, test.status, test.body)
		}
	}
	if status, _ := ask(t, http.MethodPost, url+"/livez"); status != http.StatusMethodNotAllowed {
		t.Errorf("POST /livez: %d", status)
	}
}

func TestServeEndsGently(t *testing.T) {
	url, _, stop := serve(t)
	asked, answer := make(chan struct{}), make(chan struct{})
	server, err := Listen("127.0.0.1:0", Options{Checks: func() []consumer.Check {
		close(asked)
		<-answer
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx) }()
	got := make(chan int, 1)
	go func() {
		defer close(got) // ask gives up with the goroutine
		status, _ := ask(t, http.MethodGet, "http://"+server.Addr()+"/readyz")
		got <- status
	}()
	<-asked
	cancel()
	awaitClosed(t, server.Addr())
	close(answer)
	if status, err := <-got, <-ended; status != 200 || err != nil {
		t.Errorf("the request in hand got %d, the server ended with %v", status, err)
	}

	ask(t, http.MethodGet, url+"/livez")
	if err := stop(); err != nil {
		t.Errorf("an idle server ended with %v", err)
	}
}

// awaitClosed waits until nobody listens at addr any more.
func awaitClosed(t *testing.T, addr string) {
	t.Helper()
	for {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		_ = conn.Close()
	}
}

func TestListenRefused(t *testing.T) {
	url, _, _ := serve(t)
	_, err := Listen(strings.TrimPrefix(url, "http://"), Options{})
	if err == nil || !strings.Contains(err.Error(), "admin address") {
		t.Errorf("a taken address: %v", err)
	}
}

// A client that begins a request and says no more does not keep its connection.
func TestSlowClientIsGivenUp(t *testing.T) {
	url, _, _ := serve(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte("GET /livez HTTP/1.1\r\nHost:")); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(4 * readTimeout)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil {
		t.Errorf("the connection is still open: %v", err)
	}
}
