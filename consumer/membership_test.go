package consumer

import (
	"crypto/tls"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go/sasl/plain"
)

// The connection to the group's coordinator is opened within a time, also where
// kafka-go itself sets no deadline: in the SASL handshake.
func TestSilentCoordinatorIsGivenUp(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			defer conn.Close() // it is held until the test ends
		}
	})
	t.Cleanup(func() { _ = listener.Close(); running.Wait() })
	for name, config := range map[string]Config{
		"SASL": {SASL: plain.Mechanism{Username: "me", Password: "secret"}},
		"TLS":  {TLS: &tls.Config{MinVersion: tls.VersionTLS12}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dialer := newClassic(config).config.Dialer
			failed := make(chan error, 1)
			go func() {
				conn, err := dialer.DialContext(t.Context(), "tcp", listener.Addr().String())
				if err == nil {
					_ = conn.Close()
				}
				failed <- err
			}()
			select {
			case err := <-failed:
				if err == nil {
					t.Error("it is connected")
				}
			case <-time.After(4 * memberTimeout):
				t.Error("it waits without end")
			}
		})
	}
}
