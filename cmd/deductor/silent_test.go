package main

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"deductor/internal/pgtest"
)

// silent is an address at which connections are taken, answered with what hello
// gives, and then left without a word until the test ends.
func silent(t *testing.T, hello func(client net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer client.Close()
				if hello != nil {
					hello(client)
				}
				<-ended
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		close(ended)
		running.Wait()
	})
	return listener.Addr().String()
}

// acceptTLS agrees to encrypt, and leaves it at that.
func acceptTLS(client net.Conn) {
	if _, err := io.ReadFull(client, make([]byte, 8)); err == nil { // SSLRequest
		_, _ = client.Write([]byte("S"))
	}
}

// logIn carries a session with the server until the client is logged in.
func logIn(server string) func(client net.Conn) {
	return func(client net.Conn) {
		upstream, err := net.Dial("tcp", server)
		if err != nil {
			return
		}
		defer upstream.Close()
		go func() { _, _ = io.Copy(upstream, client) }() // ends with both
		answer := make([]byte, 64<<10)
		for ready := []byte("Z\x00\x00\x00\x05I"); ; {
			n, err := upstream.Read(answer)
			if err != nil {
				return
			}
			if _, err := client.Write(answer[:n]); err != nil || bytes.HasSuffix(answer[:n], ready) {
				return
			}
		}
	}
}

// silentURL is the database's URL, with an address that is silent after hello.
func silentURL(t *testing.T, db *pgtest.DB, hello func(net.Conn), options string) string {
	t.Helper()
	u, err := url.Parse(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = silent(t, hello)
	u.RawQuery = "connect_timeout=1" + options
	return u.String()
}

// No command waits for ever for a server that takes the connection and says
// nothing, wherever it falls silent.
func TestSilentDatabaseIsGivenUp(t *testing.T) {
	t.Parallel()
	env, _, db := testEnv(t)
	server := host(t, db)
	for name, url := range map[string]string{
		"at once":                  silentURL(t, db, nil, ""),
		"before the TLS handshake": silentURL(t, db, acceptTLS, "&sslmode=require"),
		"after login":              silentURL(t, db, logIn(server), "&sslmode=disable"),
	} {
		for _, args := range []string{"order show ord-1", "account list", "partition list"} {
			t.Run(name+", "+args, func(t *testing.T) {
				t.Parallel()
				runCommand(t, with(env, "DATABASE_URL", url), "", strings.Fields(args)...).expect(t, 1, "database")
			})
		}
	}
}

func host(t *testing.T, db *pgtest.DB) string {
	t.Helper()
	u, err := url.Parse(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// A worker that waits for such a server says so, and stops soon when it is told to.
func TestRunOnSilentDatabase(t *testing.T) {
	t.Parallel()
	env, _, db := testEnv(t)
	worker, _ := startWorker(t, with(env, "DATABASE_URL", silentURL(t, db, logIn(host(t, db)), "&sslmode=disable")))
	eventually(t, func() string {
		if logged(worker, "database can't be reached, trying again") == nil {
			return "it does not say that it waits: " + worker.stderr.String()
		}
		return ""
	})
	worker.stop()
	select {
	case code := <-worker.ended:
		worker.ended <- code
	case <-time.After(10 * time.Second): // pgx would wait for 15
		t.Error("it waits for a server that says nothing")
	}
	worker.wait(t).expect(t, 0)
}
