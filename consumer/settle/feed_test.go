package settle_test

import (
	"encoding/json"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/command"
	"deductor/consumer/settle"
)

const (
	group = "workers"
	topic = "payments"
)

var topicID = [16]byte{0xde, 0xb1, 7}

// feed is a partition with all that was ever produced to it, and the position
// under which its worker reads it.
type feed struct {
	settle.Position
	key     settle.Key
	records []*kgo.Record // by offset; nil where a control record is
}

// acquire takes an empty partition over for the first time.
func (b *bench) acquire(partition int32) *feed {
	b.t.Helper()
	f := &feed{key: settle.Key{Group: group, Topic: topic, Partition: partition}}
	b.reacquire(f, nil)
	return f
}

// reacquire takes the partition over when the group's committed offset is the
// given one.
func (b *bench) reacquire(f *feed, committed *int64) {
	b.t.Helper()
	var err error
	f.Position, err = settle.Acquire(b.t.Context(), b.worker, f.assignment(committed))
	if err != nil {
		b.t.Fatalf("acquire partition %d: %v", f.key.Partition, err)
	}
}

func (f *feed) assignment(committed *int64) settle.Assignment {
	return settle.Assignment{Key: f.key, Owner: "worker-1", Committed: committed, TopicID: topicID, LogEnd: f.end()}
}

// end is the offset of the next record.
func (f *feed) end() int64 { return int64(len(f.records)) }

// put appends records, and gives them their offsets.
func (f *feed) put(records ...*kgo.Record) {
	for _, record := range records {
		if record != nil {
			record.Topic, record.Partition, record.Offset = f.key.Topic, f.key.Partition, f.end()
		}
		f.records = append(f.records, record)
	}
}

// slice is what a worker reads from start to end.
func (f *feed) slice(start, end int64) settle.Slice {
	slice := settle.Slice{Key: f.key, SourceID: f.SourceID, Epoch: f.Epoch, Start: start, End: end, LeaderEpoch: -1}
	for _, record := range f.records[start:end] {
		if record == nil {
			continue
		}
		item := settle.Item{Record: record}
		item.Command, item.Rejection = command.Decode(record.Value)
		slice.Items = append(slice.Items, item)
		slice.LeaderEpoch = record.LeaderEpoch
	}
	return slice
}

// next is what a worker reads when these records are appended.
func (f *feed) next(records ...*kgo.Record) settle.Slice {
	start := f.end()
	f.put(records...)
	return f.slice(start, f.end())
}

// all is the whole partition.
func (f *feed) all() settle.Slice { return f.slice(0, f.end()) }

// marker is a control record: it takes an offset, and is no command.
var marker *kgo.Record

// pay is a record that asks for a payment in USD.
func pay(orderID, account string, amount int64, options ...func(map[string]any)) *kgo.Record {
	fields := map[string]any{"order_id": orderID, "account": account, "amount_minor": amount, "currency": "USD"}
	for _, option := range options {
		option(fields)
	}
	value, err := json.Marshal(fields)
	if err != nil {
		panic(err) // strings and integers always encode
	}
	return raw(string(value))
}

func attempt(n int) func(map[string]any) {
	return func(fields map[string]any) { fields["attempt"] = n }
}

func credit(account string) func(map[string]any) {
	return func(fields map[string]any) { fields["credit_account"] = account }
}

func currency(code string) func(map[string]any) {
	return func(fields map[string]any) { fields["currency"] = code }
}

// raw is a record with any value.
func raw(value string) *kgo.Record {
	return &kgo.Record{Value: []byte(value), Timestamp: time.UnixMilli(1_700_000_000_000), LeaderEpoch: 3}
}
