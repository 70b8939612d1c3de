package consumer

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/segmentio/kafka-go/sasl"
	"go.opentelemetry.io/otel/trace"

	"deductor/consumer/settle"
	"deductor/ledger"
)

// Config says what a worker reads and where it writes. Brokers, Topic, Group,
// Owner and Database must be set.
type Config struct {
	// Brokers are Kafka addresses (host:port) to begin with.
	Brokers []string
	// TLS encrypts the connections to Kafka. Defaults to nil: plain text.
	TLS *tls.Config
	// SASL authenticates them. Defaults to nil: no authentication.
	SASL sasl.Mechanism
	// Topic is the one topic to read, Group the consumer group to join.
	Topic, Group string
	// Owner names this worker, for operators: unique among those of the group.
	Owner string
	// Database is where everything is recorded. Each lane takes a connection out
	// of it for good; assignments use the others.
	Database *pgxpool.Pool
	// Lanes is how many transactions run side by side. Defaults to 3.
	Lanes int
	// BatchMax is how many records one transaction takes, at most. Defaults to 5,000.
	BatchMax int
	// Limits bound what a transaction may wait for. Each defaults as [settle.Limits] says.
	Limits settle.Limits
	// Quarantine keeps the order of an account's commands behind a dead letter: see
	// [settle.Config]. Defaults to off.
	Quarantine bool
	// SessionTimeout is after how long without a heartbeat the group takes a
	// worker for dead. Defaults to 10 seconds.
	SessionTimeout time.Duration
	// HeartbeatInterval is also how soon a rebalance is noticed. Defaults to 500
	// milliseconds, or a third of SessionTimeout if that is less.
	HeartbeatInterval time.Duration
	// DrainTimeout is how long work in hand may take to finish when partitions
	// are taken away. Defaults to half of SessionTimeout.
	DrainTimeout time.Duration
	// CommitInterval is the least time between two commits of offsets to Kafka.
	// Defaults to 200 milliseconds.
	CommitInterval time.Duration
	// RecheckInterval is how often a halted partition looks whether it may go on,
	// and others whether they were fenced. Defaults to 2 seconds.
	RecheckInterval time.Duration
	// StallTimeout is after how long without progress a partition with records
	// to read makes the worker not ready. Defaults to 60 seconds.
	StallTimeout time.Duration
	// Logger is told about changes of state, not about single payments. Defaults
	// to slog.Default().
	Logger *slog.Logger
	// Observer is told what happens, for metrics. Defaults to nobody.
	Observer Observer
	// Tracer makes a span of each batch. Defaults to nil: there are none.
	Tracer trace.Tracer
}

// WithDefaults returns the configuration with what is zero set to its default.
func (c Config) WithDefaults() Config {
	orDefault(&c.Lanes, 3)
	orDefault(&c.BatchMax, 5000)
	orDefault(&c.SessionTimeout, 10*time.Second)
	orDefault(&c.HeartbeatInterval, min(500*time.Millisecond, c.SessionTimeout/3))
	orDefault(&c.DrainTimeout, c.SessionTimeout/2)
	orDefault(&c.CommitInterval, 100*time.Millisecond)
	orDefault(&c.RecheckInterval, 2*time.Second)
	orDefault(&c.StallTimeout, 60*time.Second)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Observer == nil {
		c.Observer = unobserved{}
	}
	return c
}

func orDefault[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

func (c *Config) validate() error {
	switch {
	case len(c.Brokers) == 0:
		return errors.New("no Kafka broker is configured: name at least one as host:port")
	case c.Topic == "":
		return errors.New("no Kafka topic is configured")
	case c.Group == "":
		return errors.New("no Kafka consumer group is configured")
	case c.Owner == "":
		return errors.New("the worker has no name: set Owner")
	case c.Database == nil:
		return errors.New("no database is configured")
	case c.Lanes < 1:
		return fmt.Errorf("lanes is %d: it must be at least 1", c.Lanes)
	case c.BatchMax < 1 || c.BatchMax > ledger.BlockSize:
		return fmt.Errorf("batch-max is %d: it must be from 1 to %d", c.BatchMax, ledger.BlockSize)
	case c.HeartbeatInterval >= c.SessionTimeout:
		return fmt.Errorf("the heartbeat interval (%v) must be below the session timeout (%v)",
			c.HeartbeatInterval, c.SessionTimeout)
	case c.DrainTimeout >= c.SessionTimeout:
		return fmt.Errorf("the drain timeout (%v) must be below the session timeout (%v): heartbeats have stopped by then",
			c.DrainTimeout, c.SessionTimeout)
	}
	return nil
}
