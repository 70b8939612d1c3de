package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"

	"deductor/consumer/intake"
	"deductor/internal/config"
)

// topic is one of the benchmark's own.
type topic struct {
	place      *place
	name       string
	kafka      config.Kafka
	cluster    *intake.Cluster
	partitions []int32
	removed    bool
	// content is what it was filled with.
	content content
}

// createTopic returns when all partitions have a leader.
func (p *place) createTopic(ctx context.Context, name string, partitions int) (*topic, error) {
	t := &topic{place: p, name: p.name + "-" + name, kafka: p.kafka}
	t.kafka.Topic = t.name
	var err error
	if t.cluster, err = t.kafka.Cluster(); err != nil {
		return nil, err
	}
	p.topics = append(p.topics, t)
	answer, err := p.client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{
		Topic: t.name, NumPartitions: partitions, ReplicationFactor: -1, // the broker's default
	}}})
	if err == nil {
		err = answer.Errors[t.name]
	}
	if err != nil {
		return nil, fmt.Errorf("create topic %s: %w", t.name, err)
	}
	for range partitions {
		t.partitions = append(t.partitions, int32(len(t.partitions))) //nolint:gosec // at most 1000
	}
	return t, eventually(ctx, "all brokers to know topic "+t.name, func(ctx context.Context) (bool, error) {
		_, err := t.cluster.LogRanges(ctx, t.partitions)
		var unknown *intake.UnknownTopicError
		if errors.As(err, &unknown) {
			err = nil
			return false, err
		}
		return err == nil, err
	})
}

// ends are the partitions': the offsets that the next records will get.
func (t *topic) ends(ctx context.Context) (map[int32]int64, error) {
	ranges, err := t.cluster.LogRanges(ctx, t.partitions)
	if err != nil {
		return nil, err
	}
	ends := make(map[int32]int64, len(ranges))
	for id, log := range ranges {
		ends[id] = log.End
	}
	return ends, nil
}

// remove deletes the topic. It may be called again.
func (t *topic) remove(ctx context.Context) error {
	if t.removed {
		return nil
	}
	t.removed = true
	defer t.cluster.Close()
	answer, err := t.place.client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{t.name}})
	if err == nil {
		err = answer.Errors[t.name]
	}
	if err != nil && !errors.Is(err, kafka.UnknownTopicOrPartition) {
		return fmt.Errorf("delete topic %s: %w", t.name, err)
	}
	return nil
}

// newGroup names a consumer group, and has it deleted at the end.
func (p *place) newGroup(name string) string {
	group := fmt.Sprintf("%s-%s-%d", p.name, name, len(p.groups)+1)
	p.groups = append(p.groups, group)
	return group
}

// removeGroup waits for the last member, which may have been killed, to be
// missed.
func (p *place) removeGroup(ctx context.Context, group string) error {
	return eventually(ctx, "group "+group+" to be empty", func(ctx context.Context) (bool, error) {
		answer, err := p.client.DeleteGroups(ctx, &kafka.DeleteGroupsRequest{GroupIDs: []string{group}})
		if err == nil {
			err = answer.Errors[group]
		}
		switch {
		case errors.Is(err, kafka.GroupIdNotFound):
			return true, nil
		case errors.Is(err, kafka.NonEmptyGroup):
			return false, nil
		case err != nil:
			return false, fmt.Errorf("delete group %s: %w", group, err)
		}
		return true, nil
	})
}

// How long, and how often, is asked for what comes by itself.
const (
	eventuallyTimeout  = time.Minute
	eventuallyInterval = 20 * time.Millisecond
)

// eventually asks until the answer is yes.
func eventually(ctx context.Context, what string, yes func(context.Context) (bool, error)) error {
	asking, cancel := context.WithTimeout(ctx, eventuallyTimeout)
	defer cancel()
	for {
		ok, err := yes(asking)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case asking.Err() != nil:
			return fmt.Errorf("waited %v for %s", eventuallyTimeout, what)
		case ok || err != nil:
			return err
		}
		wait(asking, eventuallyInterval)
	}
}

// wait returns early when ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
