package doctor

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentio/kafka-go"
)

// lookTopic finds the topic, its partitions and its settings.
func (l *look) lookTopic(ctx context.Context, r *report) {
	topic, err := l.cluster.Topic(ctx)
	if err != nil {
		r.fail("create it, or check --kafka-topic and that this user may describe it", "%v", err)
		return
	}
	l.topic = &topic
	r.ok("%s, %s", topic.Name, counted(len(topic.Partitions), "partition"))
	for _, p := range topic.Partitions {
		if p.Leader < 0 {
			r.fail("bring its brokers back", "partition %d has no leader", p.ID)
		}
	}
	if topic.ID == [16]byte{} {
		r.warn("use Apache Kafka 3.1 or newer, or never delete the topic",
			"the brokers have no topic ids: a topic that is deleted and created again is not noticed")
	}
	l.readSetup(ctx, r)
}

func (l *look) readSetup(ctx context.Context, r *report) {
	answer, err := l.client.DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{
		Resources: []kafka.DescribeConfigRequestResource{
			{ResourceType: kafka.ResourceTypeTopic, ResourceName: l.topic.Name},
		},
	})
	if err == nil && len(answer.Resources) == 1 {
		err = answer.Resources[0].Error
	}
	switch {
	case err != nil:
		r.warn("allow DescribeConfigs on the topic to this user (workers do not need it), or look with "+
			"kafka-configs.sh --describe", "its settings can't be read: %v", err)
		return
	case len(answer.Resources) != 1:
		r.warn("look with kafka-configs.sh --describe", "its settings were not told")
		return
	}
	l.setup = make(map[string]string)
	for _, entry := range answer.Resources[0].ConfigEntries {
		l.setup[entry.ConfigName] = entry.ConfigValue
	}
}

// number is one of the topic's settings; absent when the broker doesn't tell it.
func (l *look) number(name string) (value int64, told bool) {
	value, err := strconv.ParseInt(l.setup[name], 10, 64)
	return value, err == nil
}

func (l *look) lookReplication(ctx context.Context, r *report) {
	answer, err := l.client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{l.topic.Name}})
	if err != nil {
		unanswered(ctx, r, err, "look with kafka-topics.sh --describe")
		return
	}
	l.parts = nil
	for _, t := range answer.Topics {
		l.parts = append(l.parts, t.Partitions...)
	}
	least, most := replicas(l.parts)
	inSync, told := l.number("min.insync.replicas")
	factor := strconv.Itoa(least)
	if least != most {
		factor = fmt.Sprintf("%d to %d", least, most)
	}
	if least < 2 {
		r.warn("keep three replicas: kafka-reassign-partitions.sh",
			"replication factor %s: with the broker's disk, payments that were not read yet are lost", factor)
	} else {
		r.ok("replication factor %s", factor)
	}
	switch {
	case !told:
	case inSync < 2:
		r.warn("set min.insync.replicas=2 on the topic, with acks=all at the producers",
			"min.insync.replicas is %d: a payment may be acknowledged that one broker alone has", inSync)
	default:
		r.ok("min.insync.replicas %d", inSync)
	}
	l.lookInSync(r, inSync)
}

func (l *look) lookInSync(r *report, least int64) {
	var behind, tooFew []string
	for _, p := range l.parts {
		switch {
		case int64(len(p.Isr)) < least:
			tooFew = append(tooFew, strconv.Itoa(p.ID))
		case len(p.Isr) < len(p.Replicas):
			behind = append(behind, strconv.Itoa(p.ID))
		}
	}
	if tooFew != nil {
		r.fail("bring the brokers of their replicas back",
			"partitions %s have fewer replicas in sync than min.insync.replicas: nothing can be written to them",
			strings.Join(tooFew, ", "))
	}
	if behind != nil {
		r.warn("find out which brokers are down or slow", "partitions %s have replicas out of sync",
			strings.Join(behind, ", "))
	}
}

// replicas are the least and the most that a partition has.
func replicas(parts []kafka.Partition) (least, most int) {
	for i, p := range parts {
		if n := len(p.Replicas); i == 0 {
			least, most = n, n
		} else {
			least, most = min(least, n), max(most, n)
		}
	}
	return least, most
}

func (l *look) lookCleanup(_ context.Context, r *report) {
	policy := l.setup["cleanup.policy"]
	if slices.Contains(strings.Split(policy, ","), "compact") {
		r.fail("kafka-configs.sh --alter --entity-type topics --entity-name "+l.topic.Name+
			" --add-config cleanup.policy=delete, then look at deductor partition list",
			"cleanup.policy is %s: payments that were not read yet vanish when a younger record has their key", policy)
		return
	}
	r.ok("cleanup.policy %s", policy)
}

func (l *look) lookTimestamps(_ context.Context, r *report) {
	switch kind := l.setup["message.timestamp.type"]; kind {
	case "LogAppendTime":
		r.ok("message.timestamp.type LogAppendTime: latencies and retention go by the brokers' clocks")
	case "", "CreateTime":
		r.ok("message.timestamp.type CreateTime: latencies and retention go by the producers' clocks")
	default:
		r.warn("find out what it means", "message.timestamp.type is %s", kind)
	}
}

func (l *look) lookElection(_ context.Context, r *report) {
	if l.setup["unclean.leader.election.enable"] == "true" {
		r.warn("set unclean.leader.election.enable=false on the topic",
			"unclean.leader.election.enable is true: a replica that lags may become leader, and acknowledged "+
				"payments that it lacks are lost; the partition halts then")
		return
	}
	r.ok("unclean.leader.election.enable is false")
}

// counted is a number of things.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
