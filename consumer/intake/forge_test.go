package intake_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"deductor/consumer/intake"
)

// forge answers fetches of partition 0 by what answer returns, as long as it returns something; those
// and all others go to the broker otherwise. It returns what was asked for in those it answered.
func (b *bundle) forge(answer func(n int) *kmsg.FetchResponseTopicPartition) <-chan []kmsg.FetchRequestTopicPartition {
	seen := make(chan []kmsg.FetchRequestTopicPartition, 100)
	n := 0
	b.kafka.ControlKey(kmsg.Fetch.Int16(), func(kreq kmsg.Request) (kmsg.Response, error, bool) {
		b.kafka.KeepControl()
		req := kreq.(*kmsg.FetchRequest)
		for _, p := range req.Topics[0].Partitions {
			if p.Partition != 0 {
				continue
			}
			part := answer(n)
			n++
			if part == nil {
				return nil, nil, false
			}
			select {
			case seen <- req.Topics[0].Partitions:
			default:
			}
			return forged(req, part), nil, true
		}
		return nil, nil, false
	})
	return seen
}

func forged(req *kmsg.FetchRequest, part *kmsg.FetchResponseTopicPartition) *kmsg.FetchResponse {
	t := kmsg.NewFetchResponseTopic()
	t.Topic, t.TopicID = req.Topics[0].Topic, req.Topics[0].TopicID
	t.Partitions = []kmsg.FetchResponseTopicPartition{*part}
	resp := req.ResponseKind().(*kmsg.FetchResponse)
	resp.Topics = []kmsg.FetchResponseTopic{t}
	return resp
}

// always forges every answer the same.
func always(p *kmsg.FetchResponseTopicPartition) func(int) *kmsg.FetchResponseTopicPartition {
	p.HighWatermark, p.LastStableOffset, p.LogStartOffset = 100, 100, 0
	return func(int) *kmsg.FetchResponseTopicPartition { return p }
}

func oneThenAlways(one, then *kmsg.FetchResponseTopicPartition) func(int) *kmsg.FetchResponseTopicPartition {
	first, others := always(one), always(then)
	return func(n int) *kmsg.FetchResponseTopicPartition {
		if n == 0 {
			return first(n)
		}
		return others(n)
	}
}

// forgeMetadata answers questions for the topic by what answer returns, if it returns something. It
// leaves alone the Transport's own questions, which are of an older version.
func (b *bundle) forgeMetadata(answer func() *kmsg.MetadataResponseTopic) {
	b.kafka.ControlKey(kmsg.Metadata.Int16(), func(kreq kmsg.Request) (kmsg.Response, error, bool) {
		b.kafka.KeepControl()
		req := kreq.(*kmsg.MetadataRequest)
		if req.Version < 12 {
			return nil, nil, false
		}
		forged := answer()
		if forged == nil {
			return nil, nil, false
		}
		resp := req.ResponseKind().(*kmsg.MetadataResponse)
		resp.Topics = []kmsg.MetadataResponseTopic{*forged}
		return resp, nil, true
	})
}

// metadata is of the topic with one partition.
func metadata(id intake.TopicID, leader, epoch int32) *kmsg.MetadataResponseTopic {
	p := kmsg.NewMetadataResponseTopicPartition()
	p.Leader, p.LeaderEpoch = leader, epoch
	found := kmsg.NewMetadataResponseTopic()
	found.Topic, found.TopicID = kmsg.StringPtr(topic), id
	found.Partitions = []kmsg.MetadataResponseTopicPartition{p}
	return &found
}

// lateAnswer makes broker 0 hold fetches of partition 0 until open is called, and then answer
// with a record; broker 1 answers as usual, or, if fails is true, that the log was truncated.
func (b *bundle) lateAnswer(fails bool) (held <-chan struct{}, open func()) {
	gate, seen := make(chan struct{}), make(chan struct{}, 100)
	late := answer(handmade{base: 0, values: []string{"late"}}.bytes(b.t))
	late.HighWatermark, late.LastStableOffset, late.LogStartOffset = 1, 1, 0
	diverged := answer(nil)
	diverged.DivergingEpoch.EndOffset = 0
	b.kafka.ControlKey(kmsg.Fetch.Int16(), func(kreq kmsg.Request) (kmsg.Response, error, bool) {
		b.kafka.KeepControl()
		req := kreq.(*kmsg.FetchRequest)
		partitions := req.Topics[0].Partitions
		if !slices.ContainsFunc(partitions, func(p kmsg.FetchRequestTopicPartition) bool { return p.Partition == 0 }) {
			return nil, nil, false
		}
		if b.kafka.CurrentNode() == 1 {
			return forged(req, diverged), nil, fails
		}
		select {
		case seen <- struct{}{}:
		default:
		}
		b.kafka.SleepControl(func() { <-gate })
		return forged(req, late), nil, true
	})
	return seen, func() { close(gate) }
}

func isHalt[T intake.Halt](t *testing.T, err error, code string) T {
	t.Helper()
	var want T
	if !errors.As(err, &want) {
		t.Fatalf("%T: %v", err, err)
	}
	if want.Code() != code {
		t.Errorf("code %s", want.Code())
	}
	return want
}
