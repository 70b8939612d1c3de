package intake

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
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

// TopicID is what tells a topic from another that had its name before (KIP-516). It is zero on a
// broker that has no topic ids.
type TopicID [16]byte

// String returns the id as Kafka's own tools print it.
func (id TopicID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// Topic is what the brokers say of the topic at one moment.
type Topic struct {
	Name       string
	ID         TopicID
	Partitions []Partition // Partitions[i].ID == i
}

// Partition is where a partition is led from.
type Partition struct {
	ID          int32
	Leader      int32 // node id; -1 while there is none
	LeaderEpoch int32 // counts the partition's leaders; -1 unknown
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
			Dial:        dialer(cfg),
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

// Topic asks for the topic's id, partitions and leaders. It returns an *UnknownTopicError at once
// when the brokers know no such topic, and an *UnsupportedVersionError when they are too old.
func (c *Cluster) Topic(ctx context.Context) (Topic, error) {
	var topic Topic
	err := c.retry(ctx, "ask for topic "+c.cfg.Topic, func(ctx context.Context) (err error) {
		topic, err = c.askTopic(ctx)
		return err
	})
	return topic, err
}

// lastTopic returns the topic as it was last seen.
func (c *Cluster) lastTopic() (Topic, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.topic == nil {
		return Topic{}, false
	}
	return *c.topic, true
}

func (c *Cluster) askTopic(ctx context.Context) (Topic, error) {
	want := kmsg.NewMetadataRequestTopic()
	want.Topic = &c.cfg.Topic
	req := kmsg.NewPtrMetadataRequest()
	req.Topics = []kmsg.MetadataRequestTopic{want}
	req.AllowAutoTopicCreation = false
	resp, err := ask[*kmsg.MetadataResponse](ctx, c, anyBroker, req)
	if err != nil {
		return Topic{}, err
	}
	if len(resp.Topics) != 1 {
		return Topic{}, fmt.Errorf("metadata of %d topics came for one", len(resp.Topics))
	}
	found := resp.Topics[0]
	switch err := kerr.ErrorForCode(found.ErrorCode); {
	case errors.Is(err, kerr.UnknownTopicOrPartition):
		return Topic{}, &UnknownTopicError{Topic: c.cfg.Topic, Brokers: c.cfg.Brokers}
	case err != nil:
		return Topic{}, fmt.Errorf("metadata of topic %s: %w", c.cfg.Topic, err)
	}
	topic, err := c.topicOf(found)
	if err != nil {
		return Topic{}, err
	}
	c.mu.Lock()
	c.topic = &topic
	c.mu.Unlock()
	return topic, nil
}

func (c *Cluster) topicOf(found kmsg.MetadataResponseTopic) (Topic, error) {
	topic := Topic{Name: c.cfg.Topic, ID: found.TopicID, Partitions: make([]Partition, len(found.Partitions))}
	for i := range topic.Partitions {
		topic.Partitions[i] = Partition{ID: -1}
	}
	for _, p := range found.Partitions {
		if p.Partition < 0 || int(p.Partition) >= len(topic.Partitions) || topic.Partitions[p.Partition].ID >= 0 {
			return Topic{}, fmt.Errorf("metadata of topic %s has %d partitions, and one is numbered %d",
				c.cfg.Topic, len(found.Partitions), p.Partition)
		}
		// A partition with an error keeps its leader where it has one: REPLICA_NOT_AVAILABLE is about others.
		topic.Partitions[p.Partition] = Partition{ID: p.Partition, Leader: p.Leader, LeaderEpoch: p.LeaderEpoch}
	}
	return topic, nil
}

// ask sends req to a broker and returns its answer.
func ask[R kmsg.Response](ctx context.Context, c *Cluster, node int32, req kmsg.Request) (R, error) {
	done, err := c.exchange(ctx, node, req, maxVersion)
	if err != nil {
		var none R
		return none, err
	}
	return done.resp.(R), nil
}

const maxVersion = 1<<15 - 1

// exchange sends req, in no version above most, to a broker and returns the answered exchange.
func (c *Cluster) exchange(ctx context.Context, node int32, req kmsg.Request, most int16) (*exchange, error) {
	if err := c.setVersion(ctx, node, req, most); err != nil {
		return nil, err
	}
	return c.roundTrip(ctx, node, req)
}

func (c *Cluster) roundTrip(ctx context.Context, node int32, req kmsg.Request) (*exchange, error) {
	timeout := c.cfg.RequestTimeout
	if fetch, ok := req.(*kmsg.FetchRequest); ok {
		timeout += time.Duration(fetch.MaxWaitMillis) * time.Millisecond
	}
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	call := newExchange(req, c.lastID.Add(1), c.cfg.ClientID, c.cfg.MaxAnswerBytes)
	var message protocol.Message = call
	if node != anyBroker {
		message = brokerExchange{call, node}
	}
	_, err := c.transport.RoundTrip(bounded, kafka.TCP(c.cfg.Brokers...), message)
	if ctx.Err() != nil && err != nil {
		return nil, ctx.Err() // given up by the caller: says nothing about the broker
	}
	c.note(node, err)
	if err != nil {
		c.versions.forget(node)
		return nil, &UnreachableError{Broker: c.brokerName(node), Request: kmsg.NameForKey(req.Key()), Err: err}
	}
	return call, nil
}

// note logs when a broker stops answering and when it answers again.
func (c *Cluster) note(node int32, err error) {
	c.mu.Lock()
	changed := c.unreachable[node] != (err != nil)
	c.unreachable[node] = err != nil
	c.mu.Unlock()
	switch {
	case !changed:
	case err != nil:
		c.cfg.Logger.Warn("kafka unreachable", "broker", c.brokerName(node), "error", err)
	default:
		c.cfg.Logger.Info("kafka reachable again", "broker", c.brokerName(node))
	}
}

func (c *Cluster) brokerName(node int32) string {
	if node == anyBroker {
		return fmt.Sprintf("kafka at %s", kafka.TCP(c.cfg.Brokers...))
	}
	return fmt.Sprintf("kafka broker %d", node)
}

// retry repeats do until it succeeds, fails for good, or ctx ends.
func (c *Cluster) retry(ctx context.Context, what string, do func(context.Context) error) error {
	var last error
	for {
		err := do(ctx)
		if err == nil {
			return nil
		}
		if permanent(err) {
			return fmt.Errorf("%s: %w", what, err)
		}
		if last == nil || ctx.Err() == nil {
			last = err // and not that ctx ended
		}
		if !pause(ctx, c.cfg.RefreshBackoff) {
			return fmt.Errorf("%s: %w; the last try: %w", what, ctx.Err(), last)
		}
	}
}

// pause waits, and reports false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
