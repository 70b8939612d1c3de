package intake_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"deductor/consumer/intake"
)

// silentBroker takes connections and says nothing on them; it counts them.
func silentBroker(t *testing.T) (address string, connections *atomic.Int32) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	connections = new(atomic.Int32)
	var running sync.WaitGroup
	running.Go(func() {
		var all []net.Conn
		for {
			conn, err := listener.Accept()
			if err != nil {
				break
			}
			connections.Add(1)
			all = append(all, conn)
		}
		for _, conn := range all {
			_ = conn.Close()
		}
	})
	t.Cleanup(func() { _ = listener.Close(); running.Wait() })
	return listener.Addr().String(), connections
}

// unheard is a dialer whose connections lose each request of one kind.
type unheard struct {
	key  kmsg.Key
	lost atomic.Int32
}

func (u *unheard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	return &unheardConn{conn, u}, err
}

type unheardConn struct {
	net.Conn
	by *unheard
}

func (c *unheardConn) Write(b []byte) (int, error) {
	if len(b) > 6 && binary.BigEndian.Uint16(b[4:]) == uint16(c.by.key) {
		c.by.lost.Add(1)
		return len(b), nil
	}
	return c.Conn.Write(b)
}

// A broker that takes the connection and then says nothing, at whatever step, is
// given up and tried again.
func TestSilentBrokersAreGivenUp(t *testing.T) {
	t.Parallel()
	secure, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, topic), kfake.EnableSASL(),
		kfake.Superuser("PLAIN", "me", "secret"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(secure.Close)
	const soon = 50 * time.Millisecond
	authentication := plain.Mechanism{Username: "me", Password: "secret"}
	for name, test := range map[string]struct {
		change func(*intake.Config) (tries *atomic.Int32)
	}{
		"before anything": {func(c *intake.Config) (tries *atomic.Int32) {
			c.Brokers[0], tries = silentBroker(t)
			return tries
		}},
		"in the TLS handshake": {func(c *intake.Config) (tries *atomic.Int32) {
			c.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
			c.Brokers[0], tries = silentBroker(t)
			return tries
		}},
		"in the SASL handshake": {func(c *intake.Config) *atomic.Int32 {
			lossy := &unheard{key: kmsg.SASLHandshake}
			c.Dial = lossy.dial
			return &lossy.lost
		}},
		"in the SASL authentication": {func(c *intake.Config) *atomic.Int32 {
			lossy := &unheard{key: kmsg.SASLAuthenticate}
			c.Dial = lossy.dial
			return &lossy.lost
		}},
		"to a question": {func(c *intake.Config) *atomic.Int32 {
			lossy := &unheard{key: kmsg.Metadata}
			c.Dial = lossy.dial
			return &lossy.lost
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := intake.Config{
				Brokers: secure.ListenAddrs(), Topic: topic, SASL: authentication, DialTimeout: soon, RequestTimeout: soon,
				RefreshBackoff: time.Millisecond, Logger: slog.New(slog.DiscardHandler),
			}
			tries := test.change(&cfg)
			cluster := newCluster(t, cfg)
			ctx, cancel := context.WithCancel(t.Context())
			asked := make(chan error, 1)
			go func() {
				_, err := cluster.Topic(ctx)
				asked <- err
			}()
			eventually(t, "third try", func() bool { return tries.Load() >= 3 })
			cancel()
			if err := <-asked; err == nil {
				t.Error("it got an answer")
			}
		})
	}
}
