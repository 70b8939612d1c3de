package intake

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"time"

	"github.com/segmentio/kafka-go/sasl"
)

// Config says which topic to read, where, and within which bounds. Only Brokers and Topic must be set.
type Config struct {
	// Brokers are the addresses (host:port) to begin with; the others are learnt from them.
	Brokers []string

	// Topic is the one topic to read.
	Topic string

	// ClientID is what the brokers' logs and quotas know this client by. Defaults to "deductor".
	ClientID string

	// Dial opens a connection to a broker; TLS and SASL are spoken on top of it. Defaults to a net.Dialer.
	Dial DialFunc

	// TLS encrypts the connections. Defaults to nil: plain text.
	TLS *tls.Config

	// SASL authenticates the connections. Defaults to nil: no authentication.
	SASL sasl.Mechanism

	// DialTimeout bounds opening a connection. Defaults to 5 s.
	DialTimeout time.Duration

	// RequestTimeout bounds one request and its answer, a long poll's wait not counted. Defaults to 10 s.
	RequestTimeout time.Duration

	// RefreshBackoff is the pause between two tries of something that failed, and the least time
	// between two refreshes of metadata. Up to half of it more is added at random, so that many
	// workers that lost a broker together don't come back in step. Defaults to 250 ms.
	RefreshBackoff time.Duration

	// MaxWait is how long a broker holds a fetch for which it has no records yet. Defaults to 500 ms.
	MaxWait time.Duration

	// MinBytes is how many bytes of records end that wait. Defaults to 1.
	MinBytes int

	// MaxBytes is how many bytes of batches one answer may carry. A broker passes over it for a
	// first batch that is larger (KIP-74). Less is asked for when there is less room in the buffers than
	// that becomes in memory. Defaults to 8 MiB.
	MaxBytes int

	// PartitionMaxBytes is how many bytes one partition of an answer may become in memory. As many bytes
	// are asked for as became that much before. Defaults to 2 MiB.
	PartitionMaxBytes int

	// MaxBatchBytes is the size to which one batch may decompress; a larger one stops its partition
	// with a *BatchTooLargeError. Defaults to 64 MiB.
	MaxBatchBytes int

	// MaxAnswerBytes is the size of an answer above which the connection is given up. It must exceed
	// both MaxBytes and the topic's max.message.bytes. Defaults to 100 MiB, or twice MaxBytes if more.
	MaxAnswerBytes int

	// BufferBytes is how many bytes of records may be delivered and not released before nothing more
	// is asked for. See Fetcher for the exact bound. Defaults to 12 MiB.
	BufferBytes int

	// PartitionBufferBytes is the same for one partition, so that a slow one leaves room for the
	// others. Defaults to 4 MiB, or BufferBytes if less.
	PartitionBufferBytes int

	// ReceiverBytes is what a record takes of its receiver's memory until it is released. It counts
	// against the buffers, beside the record. Defaults to 0.
	ReceiverBytes int

	// Delivered is called when all that an answer brought was handed to the receivers. Defaults to
	// nothing.
	Delivered func()

	// Logger is told when something begins to fail and when it works again. Defaults to slog.Default().
	Logger *slog.Logger
}

const mebibyte = 1 << 20

// WithDefaults returns a copy in which every field left zero has its default.
func (c Config) WithDefaults() Config {
	orDefault(&c.ClientID, "deductor")
	orDefault(&c.DialTimeout, 5*time.Second)
	orDefault(&c.RequestTimeout, 10*time.Second)
	orDefault(&c.RefreshBackoff, 250*time.Millisecond)
	orDefault(&c.MaxWait, 500*time.Millisecond)
	orDefault(&c.MinBytes, 1)
	orDefault(&c.MaxBytes, 8*mebibyte)
	orDefault(&c.PartitionMaxBytes, 2*mebibyte)
	orDefault(&c.MaxBatchBytes, 64*mebibyte)
	orDefault(&c.MaxAnswerBytes, max(100*mebibyte, 2*c.MaxBytes))
	orDefault(&c.BufferBytes, 12*mebibyte)
	orDefault(&c.PartitionBufferBytes, min(4*mebibyte, c.BufferBytes))
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
	}
	if c.Delivered == nil {
		c.Delivered = func() {}
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// backoff is the pause before the next try.
func (c *Config) backoff() time.Duration {
	return c.RefreshBackoff + rand.N(c.RefreshBackoff/2) //nolint:gosec // jitter, not a secret
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (c Config) validate() error {
	if len(c.Brokers) == 0 {
		return errors.New("no kafka broker is configured: name at least one as host:port")
	}
	for _, broker := range c.Brokers {
		_, _, err := net.SplitHostPort(broker)
		var wrong *net.AddrError // its text has the address as it is, which is quoted already
		if errors.As(err, &wrong) {
			return fmt.Errorf("kafka broker %q is not host:port: %s", broker, wrong.Err)
		}
	}
	if c.Topic == "" {
		return errors.New("no kafka topic is configured")
	}
	return errors.Join(
		atLeast("DialTimeout", c.DialTimeout, time.Millisecond),
		atLeast("RequestTimeout", c.RequestTimeout, time.Millisecond),
		atLeast("RefreshBackoff", c.RefreshBackoff, time.Millisecond),
		atLeast("MaxWait", c.MaxWait, time.Millisecond),
		atLeast("MinBytes", c.MinBytes, 1),
		atLeast("PartitionMaxBytes", c.PartitionMaxBytes, 1),
		atLeast("MaxBytes", c.MaxBytes, max(c.PartitionMaxBytes, c.MinBytes)),
		atLeast("MaxBatchBytes", c.MaxBatchBytes, 1),
		atLeast("MaxAnswerBytes", c.MaxAnswerBytes, c.MaxBytes),
		atLeast("PartitionBufferBytes", c.PartitionBufferBytes, 1),
		atLeast("BufferBytes", c.BufferBytes, c.PartitionBufferBytes),
		atLeast("ReceiverBytes", c.ReceiverBytes, 0),
		atMost("MaxWait", c.MaxWait, 24*time.Hour),
		atMost("MaxAnswerBytes", c.MaxAnswerBytes, math.MaxInt32), // and so all above it
		atMost("MaxBatchBytes", c.MaxBatchBytes, math.MaxInt32),
	)
}

func atLeast[T int | time.Duration](name string, value, least T) error {
	if value < least {
		return fmt.Errorf("%s is %v; it must be at least %v", name, value, least)
	}
	return nil
}

func atMost[T int | time.Duration](name string, value, most T) error {
	if value > most {
		return fmt.Errorf("%s is %v; it can be at most %v", name, value, most)
	}
	return nil
}
