package integration

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
)

// committed returns the group's committed offset of each partition that has one.
func (e *env) committed(ctx context.Context) (map[int32]int64, error) {
	partitions := make([]int, e.partitions)
	for p := range partitions {
		partitions[p] = p
	}
	response, err := e.cluster.admin.OffsetFetch(ctx, &kafka.OffsetFetchRequest{
		GroupID: e.group, Topics: map[string][]int{e.topic: partitions},
	})
	if err != nil {
		return nil, err
	}
	offsets := make(map[int32]int64)
	for _, p := range response.Topics[e.topic] {
		if err := errors.Join(response.Error, p.Error); err != nil {
			return nil, err
		}
		if p.CommittedOffset >= 0 {
			offsets[int32(p.Partition)] = p.CommittedOffset
		}
	}
	return offsets, nil
}

// awaitDone waits until the group's committed offsets are the logs' ends, for
// all partitions or for those that are named.
func (e *env) awaitDone(partitions ...int32) {
	e.t.Helper()
	e.awaitDoneWithin(time.Minute, partitions...)
}

func (e *env) awaitDoneWithin(limit time.Duration, partitions ...int32) {
	e.t.Helper()
	eventually(e.t, limit, "the group's lag is 0", func() error {
		ends, err := e.logs(e.t.Context())
		if err != nil {
			return err
		}
		committed, err := e.committed(e.t.Context())
		if err != nil {
			return err
		}
		for p, log := range ends {
			if len(partitions) > 0 && !slices.Contains(partitions, p) {
				continue
			}
			if offset, known := committed[p]; log.end > 0 && (!known || offset != log.end) {
				return fmt.Errorf("partition %d: committed %d (%v) of %d", p, offset, known, log.end)
			}
		}
		return nil
	})
}

// deleteGroup removes the group with its offsets; nobody may be a member.
func (e *env) deleteGroup() {
	e.t.Helper()
	e.await("group "+e.group+" is deleted", func(ctx context.Context) error {
		response, err := e.cluster.admin.DeleteGroups(ctx, &kafka.DeleteGroupsRequest{GroupIDs: []string{e.group}})
		if err != nil {
			return err
		}
		if err := response.Errors[e.group]; !errors.Is(err, kafka.GroupIdNotFound) {
			return err
		}
		return nil
	})
}

// groupTool runs Apache's kafka-consumer-groups.sh for the group.
func (e *env) groupTool(args ...string) string {
	e.t.Helper()
	cmd := append([]string{"/opt/kafka/bin/kafka-consumer-groups.sh",
		"--bootstrap-server", "localhost:19092", "--group", e.group}, args...)
	out, err := execIn(e.t.Context(), e.cluster.container, cmd)
	if err != nil {
		e.t.Fatal(err)
	}
	return out
}

// describedLag is the lag of each partition as kafka-consumer-groups.sh --describe shows it.
func (e *env) describedLag() map[int32]string {
	e.t.Helper()
	lags := make(map[int32]string)
	out := e.groupTool("--describe")
	for line := range strings.Lines(out) {
		columns := strings.Fields(line) // GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG …
		if len(columns) < 6 || columns[1] != e.topic {
			continue
		}
		partition, err := strconv.ParseInt(columns[2], 10, 32)
		if err != nil {
			e.t.Fatalf("partition %q in\n%s", columns[2], out)
		}
		lags[int32(partition)] = columns[5]
	}
	if len(lags) != int(e.partitions) {
		e.t.Fatalf("%v is not %d partitions:\n%s", slices.Sorted(maps.Keys(lags)), e.partitions, out)
	}
	return lags
}

// describeGroup is the group as the broker sees it.
func (e *env) describeGroup() kafka.DescribeGroupsResponseGroup {
	e.t.Helper()
	var group kafka.DescribeGroupsResponseGroup
	e.await("group "+e.group+" is described", func(ctx context.Context) error {
		request := &kafka.DescribeGroupsRequest{GroupIDs: []string{e.group}}
		response, err := e.cluster.admin.DescribeGroups(ctx, request)
		if err != nil {
			return err
		}
		group = response.Groups[0]
		return group.Error
	})
	return group
}
