package intake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// LogRange says which offsets a partition's log holds: Start up to, and without, End.
type LogRange struct {
	Start      int64
	End        int64 // the high watermark
	LastStable int64 // where the first undecided transaction begins, End if there is none: nothing from it on can be read
}

// Timestamps that ListOffsets takes for the ends of the log.
const (
	latest   int64 = -1
	earliest int64 = -2
)

// Isolation levels of ListOffsets and Fetch.
const (
	readUncommitted int8 = 0
	readCommitted   int8 = 1
)

// LogRanges asks the leaders of the given partitions for the ends of their logs. It returns an
// *UnknownTopicError or an *UnknownPartitionError at once.
func (c *Cluster) LogRanges(ctx context.Context, partitions []int32) (map[int32]LogRange, error) {
	ranges := make(map[int32]LogRange, len(partitions))
	err := c.retry(ctx, "ask for the log ranges of topic "+c.cfg.Topic, func(ctx context.Context) error {
		return c.askRanges(ctx, partitions, ranges)
	})
	if err != nil {
		return nil, err
	}
	return ranges, nil
}

// askRanges asks once for the partitions that are not yet in ranges.
func (c *Cluster) askRanges(ctx context.Context, partitions []int32, ranges map[int32]LogRange) error {
	return eachLeader(ctx, c, partitions, ranges, func(leader int32, led []Partition) error {
		return c.askLeaderRanges(ctx, leader, led, ranges)
	})
}

// eachLeader asks the leaders of those partitions of which there is no answer yet.
func eachLeader[Answer any](
	ctx context.Context, c *Cluster, partitions []int32, answered map[int32]Answer,
	ask func(leader int32, led []Partition) error,
) error {
	topic, err := c.askTopic(ctx)
	if err != nil {
		return err
	}
	byLeader := make(map[int32][]Partition)
	for _, id := range partitions {
		if id < 0 || int(id) >= len(topic.Partitions) {
			return &UnknownPartitionError{Topic: topic.Name, Partition: id, Partitions: len(topic.Partitions)}
		}
		if _, done := answered[id]; !done {
			p := topic.Partitions[id]
			byLeader[p.Leader] = append(byLeader[p.Leader], p)
		}
	}
	var failed []error
	for leader, led := range byLeader {
		if leader < 0 {
			failed = append(failed, fmt.Errorf("partition %d: %w", led[0].ID, kerr.LeaderNotAvailable))
			continue
		}
		failed = append(failed, ask(leader, led))
	}
	return errors.Join(failed...)
}

// askLeaderRanges asks for the start first and the end last, so that Start <= LastStable <= End holds
// of a log that grows meanwhile.
func (c *Cluster) askLeaderRanges(ctx context.Context, leader int32, led []Partition, ranges map[int32]LogRange) error {
	starts, err := c.listOffsets(ctx, leader, led, earliest, readUncommitted)
	if err != nil {
		return err
	}
	stables, err := c.listOffsets(ctx, leader, led, latest, readCommitted)
	if err != nil {
		return err
	}
	ends, err := c.listOffsets(ctx, leader, led, latest, readUncommitted)
	if err != nil {
		return err
	}
	for _, p := range led {
		ranges[p.ID] = LogRange{Start: starts[p.ID], LastStable: stables[p.ID], End: ends[p.ID]}
	}
	return nil
}

func (c *Cluster) listOffsets(
	ctx context.Context, leader int32, led []Partition, at int64, isolation int8,
) (map[int32]int64, error) {
	topic := kmsg.NewListOffsetsRequestTopic()
	topic.Topic = c.cfg.Topic
	for _, p := range led {
		part := kmsg.NewListOffsetsRequestTopicPartition()
		part.Partition, part.CurrentLeaderEpoch, part.Timestamp = p.ID, p.LeaderEpoch, at
		topic.Partitions = append(topic.Partitions, part)
	}
	req := kmsg.NewPtrListOffsetsRequest()
	req.ReplicaID = -1
	req.IsolationLevel = isolation
	req.Topics = []kmsg.ListOffsetsRequestTopic{topic}
	resp, err := ask[*kmsg.ListOffsetsResponse](ctx, c, leader, req)
	if err != nil {
		return nil, err
	}
	offsets := make(map[int32]int64, len(led))
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				return nil, fmt.Errorf("offsets of partition %d from broker %d: %w", p.Partition, leader, err)
			}
			offsets[p.Partition] = p.Offset
		}
	}
	missing := func(p Partition) bool { _, ok := offsets[p.ID]; return !ok }
	if i := slices.IndexFunc(led, missing); i >= 0 {
		return nil, fmt.Errorf("broker %d left out partition %d", leader, led[i].ID)
	}
	return offsets, nil
}

// OffsetsAt asks for the first offset of each given partition whose record has the given time or a later one. A
// partition that has none is not in the answer. Brokers go by the timestamps of the records, in milliseconds. Errors are
// those of LogRanges.
func (c *Cluster) OffsetsAt(ctx context.Context, partitions []int32, at time.Time) (map[int32]int64, error) {
	found := make(map[int32]int64, len(partitions))
	err := c.retry(ctx, "ask for offsets by time of topic "+c.cfg.Topic, func(ctx context.Context) error {
		return eachLeader(ctx, c, partitions, found, func(leader int32, led []Partition) error {
			offsets, err := c.listOffsets(ctx, leader, led, max(0, ceilMilliseconds(at)), readCommitted)
			maps.Copy(found, offsets)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(found, func(_ int32, offset int64) bool { return offset < 0 })
	return found, nil
}

// ceilMilliseconds is the first millisecond at the time or after it.
func ceilMilliseconds(at time.Time) int64 {
	return at.Add(time.Millisecond - time.Nanosecond).UnixMilli()
}
