package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Group is a consumer group at one moment.
type Group struct {
	State   string // as Kafka names it: Stable, Empty, Dead, PreparingRebalance, CompletingRebalance
	Members []Member
}

// Member is one consumer of a group.
type Member struct {
	ID         string
	ClientID   string
	Host       string  // where it connects from
	Partitions []int32 // of the topic, ascending
}

// Committed asks a consumer group's coordinator for the offsets it has committed for the given
// partitions. One without a committed offset is absent from the answer. An offset that a transaction
// is about to change is waited for (KIP-447).
func (c *Cluster) Committed(ctx context.Context, group string, partitions []int32) (map[int32]int64, error) {
	topic := kmsg.NewOffsetFetchRequestTopic()
	topic.Topic = c.cfg.Topic
	topic.Partitions = partitions
	req := kmsg.NewPtrOffsetFetchRequest()
	req.Group = group
	req.RequireStable = true
	req.Topics = []kmsg.OffsetFetchRequestTopic{topic}

	var offsets map[int32]int64
	err := c.retry(ctx, "ask for the committed offsets of group "+group, func(ctx context.Context) error {
		resp, err := askCoordinator[*kmsg.OffsetFetchResponse](ctx, c, group, req)
		if err != nil {
			return err
		}
		offsets = make(map[int32]int64, len(partitions))
		err = kerr.ErrorForCode(resp.ErrorCode)
		if err != nil && !errors.Is(err, kerr.GroupIDNotFound) { // a group that is not there committed nothing
			return err
		}
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
					return fmt.Errorf("partition %d: %w", p.Partition, err)
				}
				if p.Offset >= 0 {
					offsets[p.Partition] = p.Offset
				}
			}
		}
		return nil
	})
	return offsets, err
}

// CommitOffsets sets the committed offsets of a consumer group that has no members. It returns a
// *GroupActiveError when it has some.
func (c *Cluster) CommitOffsets(ctx context.Context, group string, offsets map[int32]int64) error {
	topic := kmsg.NewOffsetCommitRequestTopic()
	topic.Topic = c.cfg.Topic
	for id, offset := range offsets {
		p := kmsg.NewOffsetCommitRequestTopicPartition()
		p.Partition, p.Offset = id, offset
		topic.Partitions = append(topic.Partitions, p)
	}
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group = group
	req.Generation = -1 // of no member
	req.Topics = []kmsg.OffsetCommitRequestTopic{topic}

	return c.retry(ctx, "commit offsets of group "+group, func(ctx context.Context) error {
		resp, err := askCoordinator[*kmsg.OffsetCommitResponse](ctx, c, group, req)
		if err != nil {
			return err
		}
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				switch err := kerr.ErrorForCode(p.ErrorCode); {
				case errors.Is(err, kerr.UnknownMemberID), errors.Is(err, kerr.IllegalGeneration),
					errors.Is(err, kerr.RebalanceInProgress):
					return &GroupActiveError{Group: group, Err: err}
				case err != nil:
					return fmt.Errorf("partition %d: %w", p.Partition, err)
				}
			}
		}
		return nil
	})
}

// Members asks who is in a consumer group and which of the topic's partitions each member has. A
// group that does not exist is Dead and has no members.
func (c *Cluster) Members(ctx context.Context, group string) (Group, error) {
	req := kmsg.NewPtrDescribeGroupsRequest()
	req.Groups = []string{group}

	var found Group
	err := c.retry(ctx, "describe group "+group, func(ctx context.Context) error {
		resp, err := askCoordinator[*kmsg.DescribeGroupsResponse](ctx, c, group, req)
		if err != nil {
			return err
		}
		if len(resp.Groups) != 1 {
			return fmt.Errorf("%d groups were described for one", len(resp.Groups))
		}
		described := resp.Groups[0]
		if err := kerr.ErrorForCode(described.ErrorCode); err != nil {
			return err
		}
		found = Group{State: described.State}
		for _, m := range described.Members {
			partitions, err := c.assigned(m.MemberAssignment)
			if err != nil {
				return fmt.Errorf("the assignment of member %s: %w", m.MemberID, err)
			}
			found.Members = append(found.Members,
				Member{ID: m.MemberID, ClientID: m.ClientID, Host: m.ClientHost, Partitions: partitions})
		}
		return nil
	})
	return found, err
}

// assigned reads the topic's partitions from a member's assignment, which is empty during a rebalance.
func (c *Cluster) assigned(assignment []byte) ([]int32, error) {
	if len(assignment) == 0 {
		return nil, nil
	}
	var parsed kmsg.ConsumerMemberAssignment
	if err := parsed.ReadFrom(assignment); err != nil {
		return nil, err
	}
	var partitions []int32
	for _, t := range parsed.Topics {
		if t.Topic == c.cfg.Topic {
			partitions = append(partitions, t.Partitions...)
		}
	}
	slices.Sort(partitions)
	return partitions, nil
}

// askCoordinator sends req to the broker that keeps the group.
func askCoordinator[R kmsg.Response](ctx context.Context, c *Cluster, group string, req kmsg.Request) (R, error) {
	var none R
	find := kmsg.NewPtrFindCoordinatorRequest()
	find.CoordinatorKey = group
	find.CoordinatorType = 0 // a group's
	found, err := ask[*kmsg.FindCoordinatorResponse](ctx, c, anyBroker, find)
	if err != nil {
		return none, err
	}
	if err := kerr.ErrorForCode(found.ErrorCode); err != nil {
		return none, err
	}
	return ask[R](ctx, c, found.NodeID, req)
}
