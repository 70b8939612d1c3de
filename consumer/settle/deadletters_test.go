package settle_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/settle"
)

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	db := settled(t,
		`{"order_id":"a","account":"alice","amount":"1.00","currency":"USD"}`,
		`{"order_id":"a","account":"alice","amount":"2.00","currency":"USD"}`,
		`not json`,
		`{"order_id":"b","account":"alice","amount":"1.00","currency":"XXX"}`,
		`{"order_id":"a","account":"alice","amount":"0","currency":"USD"}`,
		`{"order_id":"a","account":"bob","amount":"1.00","currency":"USD"}`,
	)
	list := func(filter settle.DeadLetterFilter) (found []settle.DeadLetter, lines []string) {
		found, err := settle.DeadLetters(t.Context(), db.Pool, filter)
		if err != nil {
			t.Fatal(err)
		}
		for _, letter := range found {
			lines = append(lines, fmt.Sprintf("%d %s %s", letter.Offset, letter.Reason, letter.OrderID))
		}
		return found, lines
	}
	all, _ := list(settle.DeadLetterFilter{Limit: 100})
	for _, row := range []struct {
		filter settle.DeadLetterFilter
		want   []string
	}{
		{settle.DeadLetterFilter{Limit: 100}, []string{"41 order_conflict a", "42 invalid_json ", "43 unknown_currency b",
			"44 amount_not_positive a", "45 order_conflict a"}},
		{settle.DeadLetterFilter{Limit: 2}, []string{"41 order_conflict a", "42 invalid_json "}},
		{settle.DeadLetterFilter{Limit: 2, After: all[1].ID},
			[]string{"43 unknown_currency b", "44 amount_not_positive a"}},
		{settle.DeadLetterFilter{Limit: 2, After: all[4].ID}, nil},
		{settle.DeadLetterFilter{Limit: 100, Reason: "order_conflict"},
			[]string{"41 order_conflict a", "45 order_conflict a"}},
		{settle.DeadLetterFilter{Limit: 100, OrderID: "b"}, []string{"43 unknown_currency b"}},
		{settle.DeadLetterFilter{Limit: 100, OrderID: "a", Reason: "amount_not_positive"},
			[]string{"44 amount_not_positive a"}},
		{settle.DeadLetterFilter{Limit: 1, OrderID: "a", Reason: "order_conflict", After: all[0].ID},
			[]string{"45 order_conflict a"}},
		{settle.DeadLetterFilter{Limit: 100, OrderID: "A"}, nil},
		{settle.DeadLetterFilter{Account: "bob"}, []string{"45 order_conflict a"}},
		{settle.DeadLetterFilter{Account: "alice", After: all[0].ID, To: all[3].ID},
			[]string{"43 unknown_currency b", "44 amount_not_positive a"}},
		{settle.DeadLetterFilter{Topic: "payments", Partition: new(int32(3)), OrderID: "b"},
			[]string{"43 unknown_currency b"}},
		{settle.DeadLetterFilter{Topic: "refunds"}, nil},
		{settle.DeadLetterFilter{Partition: new(int32)}, nil},
		{settle.DeadLetterFilter{IDs: []int64{all[3].ID, all[1].ID}},
			[]string{"42 invalid_json ", "44 amount_not_positive a"}},
		{settle.DeadLetterFilter{IDs: []int64{}}, nil},
		{settle.DeadLetterFilter{State: settle.Open, OrderID: "b"}, []string{"43 unknown_currency b"}},
		{settle.DeadLetterFilter{State: settle.Requeued}, nil},
	} {
		if _, got := list(row.filter); !slices.Equal(got, row.want) {
			t.Errorf("%+v gives\n%q, want\n%q", row.filter, got, row.want)
		}
	}
}

func TestGetDeadLetter(t *testing.T) {
	t.Parallel()
	const first = `{"order_id":"a","account":"alice","amount":"1.00","currency":"USD"}`
	const second = `{"order_id":"a","account":"bob","amount":"1.00","currency":"USD"}`
	db := settled(t, first, second)
	list, err := settle.DeadLetters(t.Context(), db.Pool, settle.DeadLetterFilter{Limit: 100})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	got, err := settle.GetDeadLetter(t.Context(), db.Pool, list[0].ID)
	want := settle.DeadLetterContent{
		DeadLetter: list[0],
		SourceID:   1,
		Difference: []byte(`{"account": {"stored": "alice", "received": "bob"}}`),
		Timestamp:  1_700_000_000_123,
		Key:        []byte{0, 0xff},
		Value:      []byte(second),
		Headers:    []kgo.RecordHeader{{Key: "trace", Value: []byte("t1")}, {Key: "none"}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("it is\n%+v, %v, want\n%+v", got, err, want)
	}
	if _, err := settle.GetDeadLetter(t.Context(), db.Pool, list[0].ID+1); !errors.Is(err, settle.ErrDeadLetterUnknown) {
		t.Errorf("the error is %v, want %v", err, settle.ErrDeadLetterUnknown)
	}
}

// A record without key, value and headers, such as a tombstone.
func TestGetDeadLetterOfNothing(t *testing.T) {
	t.Parallel()
	db := settled(t, "not json")
	if _, err := db.Pool.Exec(t.Context(), `UPDATE dead_letter SET record_key = NULL, record_value = NULL,
		header_keys = '{}', header_values = '{}', record_timestamp = -9223372036854775808`); err != nil {
		t.Fatal(err)
	}
	list, err := settle.DeadLetters(t.Context(), db.Pool, settle.DeadLetterFilter{Limit: 1})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	got, err := settle.GetDeadLetter(t.Context(), db.Pool, list[0].ID)
	want := settle.DeadLetterContent{
		DeadLetter: list[0], SourceID: 1, Timestamp: -9223372036854775808, Headers: []kgo.RecordHeader{}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("it is\n%+v, %v, want\n%+v", got, err, want)
	}
}
