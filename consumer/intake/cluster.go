package intake

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"
)

// anyBroker stands for one of the configured brokers, whichever answers.
const anyBroker int32 = -1

// Cluster holds the connections to the brokers and answers questions about one topic and its groups.
// Its methods may be called from any goroutine. Those that ask the brokers repeat a question that
// failed for a passing reason (no connection, no leader, a moved coordinator) until ctx ends, and
// then return an error that wraps both ctx's and the last one. Give ctx a deadline.
type Cluster struct {
	cfg       Config
	transport *kafka.Transport
	versions  versions
	lastID    atomic.Int32 // correlation id

	mu          sync.Mutex
	unreachable map[int32]bool // by node id
	topic       *Topic         // as last seen
}

// NewCluster checks cfg and returns a Cluster. It opens no connection yet.
func NewCluster(cfg Config) (*Cluster, error) {
	cfg = cfg.WithDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	return &Cluster{
		cfg:         cfg,
		unreachable: make(map[int32]bool),
		transport: &kafka.Transport{
			Dial:        Bounded(cfg.Dial, cfg.RequestTimeout),
			DialTimeout: cfg.DialTimeout,
			// The Transport learns of new brokers at random moments within this time.
			MetadataTTL:    2 * time.Second,
			MetadataTopics: []string{cfg.Topic},
			ClientID:       cfg.ClientID,
			TLS:            cfg.TLS,
			SASL:           cfg.SASL,
		},
	}, nil
}

// Close closes the connections. A request in flight keeps its own until it is answered or times out.
func (c *Cluster) Close() { c.transport.CloseIdleConnections() }
