package integration

import (
	"context"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// adminTimeout bounds one request of an administrator.
const adminTimeout = time.Minute

// await repeats a request until it succeeds: a broker needs a moment to learn
// of its own changes.
func (e *env) await(what string, request func(ctx context.Context) error) {
	e.t.Helper()
	eventually(e.t, adminTimeout, what, func() error { return request(e.t.Context()) })
}

func (e *env) createTopic() {
	e.t.Helper()
	e.await("topic "+e.topic+" is created", func(ctx context.Context) error {
		response, err := e.cluster.admin.CreateTopics(ctx, &kafka.CreateTopicsRequest{
			Topics: []kafka.TopicConfig{{
				Topic: e.topic, NumPartitions: int(e.partitions), ReplicationFactor: e.cluster.replicas,
			}},
		})
		if err != nil {
			return err
		}
		return response.Errors[e.topic]
	})
	e.t.Cleanup(func() { _ = e.deleteTopic(context.Background()) })
	e.awaitPartitions()
}

func (e *env) deleteTopic(ctx context.Context) error {
	response, err := e.cluster.admin.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{e.topic}})
	if err != nil {
		return err
	}
	return response.Errors[e.topic]
}

// recreateTopic deletes the topic and makes one of the same name: another topic id.
func (e *env) recreateTopic() {
	e.t.Helper()
	e.await("topic "+e.topic+" is deleted", e.deleteTopic)
	e.createTopic()
	e.connectProducer()
}

// addPartitions makes the topic have so many partitions in all.
func (e *env) addPartitions(total int32) {
	e.t.Helper()
	e.growTopic(total)
	e.partitions = total
	e.awaitPartitions()
	e.connectProducer()
}

// growTopic is addPartitions while somebody sends to those that there are.
func (e *env) growTopic(total int32) {
	e.t.Helper()
	e.await("partitions are added", func(ctx context.Context) error {
		response, err := e.cluster.admin.CreatePartitions(ctx, &kafka.CreatePartitionsRequest{
			Topics: []kafka.TopicPartitionsConfig{{Name: e.topic, Count: total}},
		})
		if err != nil {
			return err
		}
		return response.Errors[e.topic]
	})
}

func (e *env) awaitPartitions() {
	e.t.Helper()
	e.await("all partitions answer", func(ctx context.Context) error {
		_, err := e.logs(ctx)
		return err
	})
}

// logRange is where a partition's log begins and where its next record goes.
type logRange struct{ start, end int64 }

// logs returns the range of each partition.
func (e *env) logs(ctx context.Context) (map[int32]logRange, error) {
	var requests []kafka.OffsetRequest
	for p := range e.partitions {
		requests = append(requests, kafka.FirstOffsetOf(int(p)), kafka.LastOffsetOf(int(p)))
	}
	response, err := e.cluster.admin.ListOffsets(ctx, &kafka.ListOffsetsRequest{
		Topics: map[string][]kafka.OffsetRequest{e.topic: requests},
	})
	if err != nil {
		return nil, err
	}
	ranges := make(map[int32]logRange)
	for _, p := range response.Topics[e.topic] {
		if p.Error != nil {
			return nil, p.Error
		}
		ranges[int32(p.Partition)] = logRange{p.FirstOffset, p.LastOffset}
	}
	if len(ranges) != int(e.partitions) {
		return nil, fmt.Errorf("%d partitions of %d answer", len(ranges), e.partitions)
	}
	return ranges, nil
}

// deleteRecords removes what is below the offset, as retention does.
func (e *env) deleteRecords(partition int32, offset int64) {
	e.t.Helper()
	request := kmsg.NewPtrDeleteRecordsRequest()
	request.Topics = []kmsg.DeleteRecordsRequestTopic{{
		Topic:      e.topic,
		Partitions: []kmsg.DeleteRecordsRequestTopicPartition{{Partition: partition, Offset: offset}},
	}}
	response, err := request.RequestWith(e.t.Context(), e.producer)
	if err == nil {
		err = kerr.ErrorForCode(response.Topics[0].Partitions[0].ErrorCode)
	}
	if err != nil {
		e.t.Fatalf("delete records of partition %d below %d: %v", partition, offset, err)
	}
}
