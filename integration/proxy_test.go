package integration

import (
	"bytes"
	"context"
	"net"
	"sync"
)

// proxy forwards TCP connections. It can hold them, as a network that swallows
// packets does, and cut them, as a server that dies does.
type proxy struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	pass  chan struct{} // closed while bytes pass
	eat   bool          // the server's answers to COMMIT are lost
	down  bool          // new connections are closed at once
	conns map[net.Conn]struct{}
}

func newProxy(target string) (*proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: listener, target: target, pass: make(chan struct{}), conns: map[net.Conn]struct{}{}}
	close(p.pass)
	go p.accept()
	return p, nil
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

func (p *proxy) close() {
	_ = p.listener.Close()
	p.cut()
}

// hold lets no byte pass from now on; the connections stay.
func (p *proxy) hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pass = make(chan struct{})
}

// cut closes all connections and each new one.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = true
	for conn := range p.conns {
		_ = conn.Close()
	}
}

// heal ends what hold or cut began.
func (p *proxy) heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = false
	select {
	case <-p.pass:
	default:
		close(p.pass)
	}
}

func (p *proxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.serve(conn)
	}
}

func (p *proxy) serve(client net.Conn) {
	server, err := new(net.Dialer).DialContext(context.Background(), "tcp", p.target)
	if err != nil {
		_ = client.Close()
		return
	}
	if !p.keep(client, server) {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { p.forward(server, client, nil) })
	both.Go(func() { p.forward(client, server, commitComplete) })
	both.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, client)
	delete(p.conns, server)
}

// keep remembers the two ends, so that cut finds them; it closes them while
// the proxy is cut.
func (p *proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		if p.down {
			_ = conn.Close()
			continue
		}
		p.conns[conn] = struct{}{}
	}
	return !p.down
}

// commitComplete is Postgres' answer to COMMIT (manual, "Message Formats").
var commitComplete = []byte("C\x00\x00\x00\x0bCOMMIT\x00")

// eatCommits begins or ends to lose the answers to COMMIT: the connection is
// cut where one would pass.
func (p *proxy) eatCommits(eat bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.eat = eat
}

// forward copies until either end is closed, then closes both. It does so too
// in place of passing on the answer that is to be eaten.
func (p *proxy) forward(to, from net.Conn, eaten []byte) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		p.mu.Lock()
		pass, eat := p.pass, p.eat
		p.mu.Unlock()
		if eat && eaten != nil && bytes.Contains(buffer[:n], eaten) {
			return
		}
		<-pass
		if _, werr := to.Write(buffer[:n]); werr != nil || err != nil {
			return
		}
	}
}
