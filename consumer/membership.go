package consumer

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"deductor/consumer/intake"
)

// membership is a seat in a consumer group. It stands for the protocol by which
// members share the partitions, of which Kafka has more than one (KIP-848).
type membership interface {
	// run takes the seat and keeps it until ctx ends, then leaves the group. It
	// tells the seat's owner what it is given and what is taken away.
	run(ctx context.Context, owner assignee)
}

// assignee is told about partitions.
type assignee interface {
	// assigned begins an assignment, under which offsets are committed by commit.
	assigned(partitions []int32, commit commitFunc) assignment
	// joined is told about each success (nil) and failure to join the group.
	joined(err error)
}

// assignment is partitions that are this worker's for a while.
type assignment interface {
	// revoked is called once. When it returns, nothing is being done any more
	// for the partitions, and what was done is committed.
	revoked()
}

// commitFunc commits offsets to the group, by partition.
type commitFunc func(offsets map[int32]int64) error

// classic is membership by the classic protocol: every change of the group
// takes all partitions away and gives them out anew.
type classic struct {
	config kafka.ConsumerGroupConfig
}

// rebalanceTimeout is how long the group waits for members to come back when it
// is shared out anew. It is the same for all, whatever their session timeout:
// the group takes the longest, and who gave up sooner would ask for ever.
const rebalanceTimeout = 30 * time.Second

// memberTimeout bounds opening a connection to the group's coordinator, each
// message of its SASL handshake, and each request but those that wait for the
// others by design.
const memberTimeout = 5 * time.Second

func newClassic(c Config) *classic {
	dialer := &kafka.Dialer{
		ClientID:      c.Owner,
		Timeout:       memberTimeout,
		DialFunc:      intake.Bounded(new(net.Dialer).DialContext, memberTimeout),
		SASLMechanism: c.SASL,
	}
	if c.TLS != nil {
		dialer.TLS = c.TLS.Clone()
		dialer.TLS.MinVersion = max(dialer.TLS.MinVersion, tls.VersionTLS12)
	}
	return &classic{config: kafka.ConsumerGroupConfig{
		ID:                     c.Group,
		Brokers:                c.Brokers,
		Dialer:                 dialer,
		Topics:                 []string{c.Topic},
		GroupBalancers:         []kafka.GroupBalancer{kafka.RangeGroupBalancer{}},
		HeartbeatInterval:      c.HeartbeatInterval,
		SessionTimeout:         c.SessionTimeout,
		RebalanceTimeout:       rebalanceTimeout,
		JoinGroupBackoff:       spread(750 * time.Millisecond),
		WatchPartitionChanges:  true,
		PartitionWatchInterval: 5 * time.Second,
		Timeout:                memberTimeout,
	}}
}

// run is always in Next: a member that is not there when a generation is ready
// would keep the whole group waiting.
func (m *classic) run(ctx context.Context, owner assignee) {
	topic := m.config.Topics[0]
	group, err := kafka.NewConsumerGroup(m.config)
	if err != nil {
		panic(err) // the configuration was validated
	}
	var holding sync.WaitGroup
	defer func() { leave(group, &holding) }()
	for {
		generation, err := group.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, kafka.RebalanceInProgress):
			continue
		case err != nil:
			owner.joined(err)
			continue
		}
		owner.joined(nil)
		holding.Add(1)
		generation.Start(func(ctx context.Context) {
			defer holding.Done()
			m.hold(ctx, generation, topic, owner)
		})
	}
}

// leaveTimeout bounds leaving a group in which nothing is held any more.
const leaveTimeout = 2 * time.Second

// leave ends the generation, waits until what was held is drained, and leaves
// the group. A member that is asking to join is not heard until the group has
// waited for all others: it goes without, and the group misses it after the
// session timeout.
func leave(group *kafka.ConsumerGroup, holding *sync.WaitGroup) {
	left := make(chan struct{})
	go func() {
		_ = group.Close()
		close(left)
	}()
	holding.Wait()
	timer := time.NewTimer(leaveTimeout)
	defer timer.Stop()
	select {
	case <-left:
	case <-timer.C:
	}
}

// hold keeps a generation's partitions. Whoever returns from Start ends the
// generation, so it stays to the end even without any. Heartbeats have stopped
// when ctx ends: what remains to do has to be done within the session timeout.
func (m *classic) hold(ctx context.Context, generation *kafka.Generation, topic string, owner assignee) {
	if ctx.Err() != nil {
		return // it ended before it began, and nobody waits for this function
	}
	var partitions []int32
	for _, p := range generation.Assignments[topic] {
		partitions = append(partitions, int32(p.ID)) //nolint:gosec // 32 bits in the protocol
	}
	held := owner.assigned(partitions, func(offsets map[int32]int64) error {
		byPartition := make(map[int]int64, len(offsets))
		for partition, offset := range offsets {
			byPartition[int(partition)] = offset
		}
		return generation.CommitOffsets(map[string]map[int]int64{topic: byPartition})
	})
	<-ctx.Done()
	held.revoked()
}

// generationOver tells whether a commit failed because the group has moved on:
// others own the partitions now, or will in a moment.
func generationOver(err error) bool {
	return errors.Is(err, kafka.IllegalGeneration) || errors.Is(err, kafka.RebalanceInProgress) ||
		errors.Is(err, kafka.UnknownMemberId)
}
