package intake

import (
	"context"
	"net"
	"sync/atomic"
	"time"
)

// dialer returns a dial function whose connections never wait without end. kafka-go's Transport lifts
// the deadline before the SASL handshake and between requests, so a peer that falls silent then
// would hold a goroutine for ever; such a read or write gets a deadline of its own.
func dialer(cfg Config) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := cfg.Dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &boundedConn{Conn: conn, timeout: cfg.RequestTimeout}, nil
	}
}

// boundedConn gives a read or write a deadline when its user set none.
type boundedConn struct {
	net.Conn
	timeout  time.Duration
	deadline atomic.Bool // the user set one
}

// SetDeadline implements net.Conn.
func (c *boundedConn) SetDeadline(t time.Time) error {
	c.deadline.Store(!t.IsZero())
	return c.Conn.SetDeadline(t)
}

// Read implements net.Conn.
func (c *boundedConn) Read(b []byte) (int, error) {
	if !c.deadline.Load() {
		if err := c.SetReadDeadline(time.Now().Add(c.timeout)); err != nil {
			return 0, err
		}
	}
	return c.Conn.Read(b)
}

// Write implements net.Conn.
func (c *boundedConn) Write(b []byte) (int, error) {
	if !c.deadline.Load() {
		if err := c.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
			return 0, err
		}
	}
	return c.Conn.Write(b)
}
