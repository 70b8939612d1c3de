package settle_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"sync"

	"github.com/jackc/pgx/v5"
)

// message is one message on the wire (Postgres manual, "Message Formats").
type message struct {
	fromServer bool
	kind       byte
	// text is the statement of a client's Parse or Bind, the tag of a server's
	// CommandComplete, the SQLSTATE of its ErrorResponse; else empty.
	text string
}

// verdict is what a watcher wants done with a message.
type verdict int

const (
	pass      verdict = iota
	cutBefore         // the connection ends and the message is lost
	cutInside         // the connection ends and half of the message arrives
	askAgain          // what came before is passed on, then the watcher sees the message once more
)

// watcher sees each message of a session, once it is logged in, before it is
// passed on. It is not called by two goroutines at once.
type watcher func(message) verdict

// wire is a connection to Postgres with a watcher on it.
type wire struct {
	net.Conn
	watch watcher

	mu       sync.Mutex
	ready    bool              // the server said ReadyForQuery: it is logged in
	prepared map[string]string // statements by their names

	reading  sync.Mutex
	out, in  []byte // what has not become a whole message yet
	received []byte // what passed, and was not read yet
}

var errCut = errors.New("the test cut the connection")

// watched is the application name of sessions with a watcher.
const watched = "watched"

// connectWatched connects as workers do, with a watcher.
func (b *bench) connectWatched(watch watcher) func(context.Context) (*pgx.Conn, error) {
	return func(ctx context.Context) (*pgx.Conn, error) {
		config := b.config.Copy()
		config.RuntimeParams["application_name"] = watched
		dial := config.DialFunc
		config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &wire{Conn: conn, watch: watch, prepared: make(map[string]string)}, nil
		}
		return pgx.ConnectConfig(ctx, config)
	}
}

// Write passes whole messages on to the server.
func (w *wire) Write(p []byte) (int, error) {
	if w.loggingIn() {
		return w.Conn.Write(p)
	}
	for came := p; ; came = nil {
		passed, end := w.sort(&w.out, came, false)
		if len(passed) > 0 {
			if _, err := w.Conn.Write(passed); err != nil {
				return 0, err
			}
		}
		switch end {
		case pass:
			return len(p), nil
		case cutBefore, cutInside:
			_ = w.Conn.Close() // the error is the one below
			return 0, errCut
		}
	}
}

// Read gives what passed of what the server sent. A connection that is given up
// in a COPY has two readers.
func (w *wire) Read(p []byte) (int, error) {
	w.reading.Lock()
	defer w.reading.Unlock()
	for len(w.received) == 0 {
		chunk := make([]byte, 32<<10)
		n, err := w.Conn.Read(chunk)
		if n == 0 {
			return 0, err
		}
		passed, end := w.sort(&w.in, chunk[:n], true)
		w.received = passed
		if end != pass {
			_ = w.Conn.Close() // the next Read says so
		}
	}
	n := copy(p, w.received)
	w.received = w.received[n:]
	return n, nil
}

func (w *wire) loggingIn() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.ready
}

// sort takes whole messages out of what came, and returns those that pass, up to
// one that has another verdict.
func (w *wire) sort(pending *[]byte, came []byte, fromServer bool) (passed []byte, end verdict) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*pending = append(*pending, came...)
	for len(*pending) >= 5 {
		size := 1 + int(binary.BigEndian.Uint32((*pending)[1:5]))
		if len(*pending) < size {
			break
		}
		raw := (*pending)[:size]
		end = w.judge(raw, fromServer)
		if end == askAgain {
			return passed, end
		}
		*pending = (*pending)[size:]
		switch end {
		case pass:
			passed = append(passed, raw...)
		case cutInside:
			return append(passed, raw[:size/2]...), end
		default:
			return passed, end
		}
	}
	return passed, pass
}

func (w *wire) judge(raw []byte, fromServer bool) verdict {
	m := message{fromServer: fromServer, kind: raw[0]}
	body := raw[5:]
	switch {
	case !w.ready:
		w.ready = m.kind == 'Z'
		return pass
	case fromServer && m.kind == 'C':
		m.text = string(bytes.TrimSuffix(body, []byte{0}))
	case fromServer && m.kind == 'E':
		m.text = field(body, 'C')
	case !fromServer && m.kind == 'Q':
		m.text = string(bytes.TrimSuffix(body, []byte{0}))
	case !fromServer && m.kind == 'P':
		name, rest, _ := bytes.Cut(body, []byte{0})
		statement, _, _ := bytes.Cut(rest, []byte{0})
		m.text = string(statement)
		w.prepared[string(name)] = m.text
	case !fromServer && m.kind == 'B':
		_, rest, _ := bytes.Cut(body, []byte{0}) // the portal
		name, _, _ := bytes.Cut(rest, []byte{0})
		m.text = w.prepared[string(name)]
	}
	return w.watch(m)
}

// field returns a field of an ErrorResponse.
func field(body []byte, code byte) string {
	for _, f := range bytes.Split(body, []byte{0}) {
		if len(f) > 0 && f[0] == code {
			return string(f[1:])
		}
	}
	return ""
}
