package intake

import (
	"context"
	"net"
	"sync/atomic"
	"time"
)

// DialFunc opens a connection.
type DialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// Bounded returns a dial function whose connections never wait without end: a read or write for which
// the user set no deadline gets one of its own, so far ahead. kafka-go's Transport lifts the deadline
// before the SASL handshake and between requests, and its Dialer sets none for that handshake, so a
// peer that falls silent then would hold a goroutine for ever.
func Bounded(dial DialFunc, timeout time.Duration) DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &boundedConn{Conn: conn, timeout: timeout}, nil
	}
}

// boundedConn gives a read or write a deadline when its user set none.
type boundedConn struct {
	net.Conn
	timeout     time.Duration
	read, write atomic.Bool // the user set a deadline
}

// SetDeadline implements net.Conn.
func (c *boundedConn) SetDeadline(t time.Time) error {
	c.read.Store(!t.IsZero())
	c.write.Store(!t.IsZero())
	return c.Conn.SetDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (c *boundedConn) SetReadDeadline(t time.Time) error {
	c.read.Store(!t.IsZero())
	return c.Conn.SetReadDeadline(t)
}

// SetWriteDeadline implements net.Conn.
func (c *boundedConn) SetWriteDeadline(t time.Time) error {
	c.write.Store(!t.IsZero())
	return c.Conn.SetWriteDeadline(t)
}

// Read implements net.Conn.
func (c *boundedConn) Read(b []byte) (int, error) {
	if !c.read.Load() {
		if err := c.Conn.SetReadDeadline(time.Now().Add(c.timeout)); err != nil {
			return 0, err
		}
	}
	return c.Conn.Read(b)
}

// Write implements net.Conn.
func (c *boundedConn) Write(b []byte) (int, error) {
	if !c.write.Load() {
		if err := c.Conn.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
			return 0, err
		}
	}
	return c.Conn.Write(b)
}
