package integration

import (
	"context"
	"net"
	"sync"
)

// proxy forwards TCP connections. It can hold them, as a network that swallows
// packets does, cut them, as a server that dies does, and lead to another server.
type proxy struct {
	listener net.Listener

	mu     sync.Mutex
	target string
	tap    func() tap    // makes what watches a new connection
	pass   chan struct{} // closed while bytes pass
	down   bool          // new connections are closed at once
	conns  map[net.Conn]struct{}
}

func newProxy(target string) (*proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{
		listener: listener, target: target, tap: func() tap { return tap{letPass, letPass} },
		pass: make(chan struct{}), conns: map[net.Conn]struct{}{},
	}
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

func (p *proxy) awaitPass() {
	p.mu.Lock()
	pass := p.pass
	p.mu.Unlock()
	<-pass
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

// switchTo leads to another server from now on. Connections to the former end.
func (p *proxy) switchTo(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
	for conn := range p.conns {
		_ = conn.Close()
	}
}

// watch has each new connection watched by a tap of its own.
func (p *proxy) watch(tap func() tap) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tap = tap
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
	p.mu.Lock()
	target, watched := p.target, p.tap()
	p.mu.Unlock()
	server, err := new(net.Dialer).DialContext(context.Background(), "tcp", target)
	if err != nil {
		_ = client.Close()
		return
	}
	if !p.keep(client, server) {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { p.forward(server, client, watched.fromClient) })
	both.Go(func() { p.forward(client, server, watched.fromServer) })
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

// tap watches a connection. Its functions see the bytes before they are passed
// on, and return how many may be; if not all, the connection is cut after them.
type tap struct {
	fromClient, fromServer func(chunk []byte) int
}

func letPass(chunk []byte) int { return len(chunk) }

// forward copies until either end is closed, then closes both.
func (p *proxy) forward(to, from net.Conn, mayPass func([]byte) int) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		passes := mayPass(buffer[:n])
		if passes == n {
			p.awaitPass()
		}
		if _, werr := to.Write(buffer[:passes]); werr != nil || err != nil || passes < n {
			p.awaitPass() // a connection that is held does not end, either
			return
		}
	}
}
