package intake_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"sync"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// network is a dialer whose connections can be cut and spoilt.
type network struct {
	mu    sync.Mutex
	down  bool
	dead  string // an address
	conns []net.Conn
	spoil func(answer []byte) // changes what is read first after the next Fetch request
}

var errDown = errors.New("the network is down")

func (n *network) dial(ctx context.Context, kind, address string) (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.down || address == n.dead {
		return nil, errDown
	}
	conn, err := new(net.Dialer).DialContext(ctx, kind, address)
	if err == nil {
		conn = &networkConn{Conn: conn, network: n}
		n.conns = append(n.conns, conn)
	}
	return conn, err
}

func (n *network) set(down bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = down
	if down {
		for _, c := range n.conns {
			_ = c.Close()
		}
		n.conns = nil
	}
}

func (n *network) cut(address string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dead = address
	for _, c := range n.conns {
		if c.RemoteAddr().String() == address {
			_ = c.Close()
		}
	}
}

type networkConn struct {
	net.Conn
	network *network
	fetch   bool // a Fetch request was the last thing written
}

func (c *networkConn) Write(b []byte) (int, error) {
	c.fetch = len(b) > 6 && binary.BigEndian.Uint16(b[4:]) == uint16(kmsg.Fetch)
	return c.Conn.Write(b)
}

func (c *networkConn) Read(b []byte) (int, error) {
	count, err := c.Conn.Read(b)
	c.network.mu.Lock()
	defer c.network.mu.Unlock()
	if c.fetch && c.network.spoil != nil && count > 0 {
		c.network.spoil(b[:count])
		c.network.spoil = nil
	}
	c.fetch = false
	return count, err
}
