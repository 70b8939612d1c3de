package settle_test

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/command"
	"deductor/consumer/settle"
)

// letter is a row of dead_letter with the bytes of its record.
type letter struct {
	Reason        string
	Timestamp     int64
	Key, Value    []byte
	HeaderKeys    [][]byte
	HeaderValues  [][]byte
	Order, Detail *string
}

// letterOf is what a record has to be kept as.
func letterOf(r *kgo.Record) letter {
	_, rejection := command.Decode(r.Value)
	want := letter{Reason: string(rejection.Reason), Timestamp: r.Timestamp.UnixMilli(), Key: r.Key, Value: r.Value,
		HeaderKeys: [][]byte{}, HeaderValues: [][]byte{}, Detail: &rejection.Detail}
	if rejection.OrderID != "" {
		want.Order = &rejection.OrderID
	}
	for _, header := range r.Headers {
		want.HeaderKeys = append(want.HeaderKeys, []byte(header.Key))
		want.HeaderValues = append(want.HeaderValues, header.Value)
	}
	return want
}

func (b *bench) letters() []letter {
	b.t.Helper()
	rows, err := b.admin.Query(b.t.Context(), `
		SELECT reason, record_timestamp, record_key, record_value, header_keys, header_values, order_id, detail
		  FROM dead_letter ORDER BY record_offset`)
	if err != nil {
		b.t.Fatalf("read dead letters: %v", err)
	}
	letters, err := pgx.CollectRows(rows, pgx.RowToStructByPos[letter])
	if err != nil {
		b.t.Fatalf("read dead letters: %v", err)
	}
	return letters
}

// odd are records that are no commands, with all that Kafka lets a producer put
// into one.
func odd() []*kgo.Record {
	everyByte := make([]byte, 256)
	for i := range everyByte {
		everyByte[i] = byte(i)
	}
	const secondsIn64Bits = math.MaxInt64 / 1000
	return []*kgo.Record{
		{Key: nil, Value: nil},
		{Key: []byte{}, Value: []byte{}},
		{Key: everyByte, Value: everyByte},
		{Value: []byte(`{"order_id":"named","account":"alice"}`)},
		{Value: []byte("{\"order_id\":\"nul\\u0000\",\"account\":\"\x00\xff\"}")},
		{Value: []byte("null"), Headers: []kgo.RecordHeader{
			{Key: "", Value: nil},
			{Key: "same", Value: []byte{}},
			{Key: "same", Value: []byte("x")},
			{Key: "\xff\x00\xfe", Value: everyByte},
			{Key: `{"a",NULL,\"`, Value: []byte(`NULL`)},
		}},
		{Value: []byte("1"), Timestamp: time.UnixMilli(math.MinInt64)},
		{Value: []byte("1"), Timestamp: time.UnixMilli(math.MaxInt64)},
		{Value: []byte("1"), Timestamp: time.UnixMilli(-1)},
		{Value: []byte("1"), Timestamp: time.Unix(secondsIn64Bits, 0)},
		{Value: bytes.Repeat([]byte{0}, 1<<20)},
		{Value: bytes.Repeat([]byte("\xf0\x9f\x92\xb8"), 1<<18), Key: bytes.Repeat([]byte{0x80}, 1<<20)},
	}
}

func TestDeadLettersAreKeptByteForByte(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f := b.acquire(0)
	records := odd()
	batch := f.next(records...)
	counts := b.settle(batch, b.acquire(1).next(pay("good", "alice", 10)))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 1, settle.DeadLettered: int64(len(records))})
	got := b.letters()
	if len(got) != len(records) {
		t.Fatalf("%d dead letters, want %d", len(got), len(records))
	}
	for i, record := range records {
		if want := letterOf(record); !reflect.DeepEqual(got[i], want) {
			t.Errorf("record %d is kept as\n%.2000s, want\n%.2000s",
				i, fmt.Sprintf("%#v", got[i]), fmt.Sprintf("%#v", want))
		}
	}
	b.wantWatermark(f, f.end())
}

func TestReplayAddsNoDeadLetter(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f, g := b.acquire(0), b.acquire(1)
	b.settle(f.next(raw("?"), raw("!")))
	kept := b.rows("SELECT d::text FROM dead_letter d ORDER BY id")
	for range 2 {
		counts := b.settle(f.all())
		b.wantCounts(counts, map[settle.Kind]int64{settle.DeadLettered: 2})
	}
	if again := b.rows("SELECT d::text FROM dead_letter d ORDER BY id"); !reflect.DeepEqual(again, kept) {
		t.Errorf("dead letters after a replay:\n%q, want\n%q", again, kept)
	}
	b.settle(g.next(raw("?"))) // the same offset of another partition is another record
	b.wantDeadLetters("0@0 invalid_json -", "0@1 invalid_json -", "1@0 invalid_json -")
}
