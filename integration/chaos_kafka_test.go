package integration

import (
	"context"
	"time"

	"github.com/segmentio/kafka-go"
)

var kafkaFaults = []fault{
	{name: "kafka: the network swallows packets", takes: kafkaServer,
		shortest: time.Second, longest: 12 * time.Second, begin: func(c *chaos) func() {
			c.cluster.proxy.hold()
			return c.cluster.proxy.heal
		}},
	{name: "kafka: connections cut and refused", takes: kafkaServer,
		shortest: time.Second, longest: 8 * time.Second, begin: func(c *chaos) func() {
			c.cluster.proxy.cut()
			return c.cluster.proxy.heal
		}},
	{name: "kafka: connections cut", takes: kafkaServer, begin: func(c *chaos) func() {
		c.cluster.proxy.cut()
		c.cluster.proxy.heal()
		return nil
	}},
	{name: "kafka: broker paused", takes: kafkaServer,
		shortest: time.Second, longest: 12 * time.Second, begin: func(c *chaos) func() {
			return freezeContainer(c.t, c.cluster.container)
		}},
	{name: "kafka: broker killed", takes: kafkaServer, needs: kafkaServer, begin: func(c *chaos) func() {
		c.cluster.crash(c.t)
		return nil
	}},
	{name: "kafka: partitions added", needs: kafkaServer,
		when: func(c *chaos) bool { return c.partitions < 8 },
		begin: func(c *chaos) func() {
			c.addPartitions(c.partitions + 1)
			c.load.useNewPartitions()
			return nil
		}},
	{name: "kafka: offsets reset", needs: kafkaServer | postgresServer, begin: func(c *chaos) func() {
		c.dismissAll()
		c.resetOffsets()
		return nil
	}},
	{name: "kafka: group deleted", needs: kafkaServer, begin: func(c *chaos) func() {
		c.dismissAll()
		c.deleteGroup()
		return nil
	}},
	{name: "kafka: retention removes what was read", needs: kafkaServer | postgresServer, begin: func(c *chaos) func() {
		c.cutRead()
		return nil
	}},
}

// resetOffsets moves the group's offsets somewhere in their logs, back or forth,
// which a group without members lets anybody do. A partition that the database
// does not know yet would halt with an offset, as it has to.
func (c *chaos) resetOffsets() {
	c.t.Helper()
	c.await("offsets are reset", func(ctx context.Context) error {
		logs, err := c.logs(ctx)
		if err != nil {
			return err
		}
		var offsets []kafka.OffsetCommit
		for p := range c.partitions {
			if c.count("SELECT count(*) FROM watermark WHERE partition = $1", p) == 0 {
				continue
			}
			to := logs[p].start + c.rng.Int64N(logs[p].end-logs[p].start+1)
			offsets = append(offsets, kafka.OffsetCommit{Partition: int(p), Offset: to})
		}
		if len(offsets) == 0 {
			return nil
		}
		response, err := c.cluster.admin.OffsetCommit(ctx, &kafka.OffsetCommitRequest{
			GroupID: c.group, GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{c.topic: offsets},
		})
		if err != nil {
			return err
		}
		for _, p := range response.Topics[c.topic] {
			if p.Error != nil {
				return p.Error
			}
		}
		return nil
	})
}

// cutRead removes the older half of what was read for good from each log, as
// retention does. A copy of the database from before would need it: it is
// given up.
func (c *chaos) cutRead() {
	c.t.Helper()
	var committed map[int32]int64
	var logs map[int32]logRange
	c.await("what was read is known", func(ctx context.Context) (err error) {
		if committed, err = c.committed(ctx); err == nil {
			logs, err = c.logs(ctx)
		}
		return err
	})
	c.dropSnapshot()
	for p, offset := range committed {
		read := min(offset, c.count("SELECT coalesce(min(next_offset), 0) FROM watermark WHERE partition = $1", p))
		if cut := (logs[p].start + read) / 2; cut > logs[p].start {
			c.deleteRecords(p, cut)
		}
	}
}
