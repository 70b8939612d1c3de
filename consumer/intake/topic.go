package intake

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

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
