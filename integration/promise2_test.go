package integration

import (
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestPromise2_PoisonAmongGoodOnes(t *testing.T) {
	t.Parallel()
	e := newEnv(t, 2)
	e.openAccounts(customers(10, 1_000_000)...)
	good := orders(random(t), "order", 500, 10)
	tombstone := &kgo.Record{Topic: e.topic, Key: []byte("customer-0")}
	e.oracle.expectLetter(tombstone, "empty_value")
	e.produce(tombstone)
	for i, poison := range poisons {
		record := &kgo.Record{Topic: e.topic, Partition: int32(i % 2), Value: []byte(poison.value)}
		if i%3 == 0 {
			record.Key = []byte{0xff, byte(i)}
			record.Headers = []kgo.RecordHeader{
				{Key: "trace", Value: []byte{0, 255}}, {Key: "trace"}, {Value: []byte("x")},
			}
		}
		e.oracle.expectLetter(record, poison.reason)
		e.produce(record)
		n := min(10, len(good))
		e.send(good[:n]...)
		good = good[n:]
	}
	e.send(good...)
	w := e.startWorker()
	e.awaitDone()
	e.check()
	if w.hasExited() {
		t.Error("the worker stopped")
	}

	var listed []struct {
		Reason string `json:"reason"`
	}
	e.read(&listed, "deadletter", "list")
	reasons := make(map[string]bool)
	for _, letter := range listed {
		reasons[letter.Reason] = true
	}
	for _, poison := range poisons {
		if !reasons[poison.reason] {
			t.Errorf("deadletter list shows no %s", poison.reason)
		}
	}
}

// Parts of a message. None of the poisons is a whole valid one.
const (
	unpriced = `"order_id":"poison","account":"customer-0","currency":"USD"`
	priced   = unpriced + `,"amount":"1.00"`
)

// poisons are values that cannot be a command, and the code they are kept with.
var poisons = []struct {
	reason, value string
}{
	{"empty_value", ""},
	{"invalid_json", "not json"},
	{"invalid_json", `{` + priced},
	{"invalid_json", `{` + priced + `} {}`},
	{"invalid_json", `{` + unpriced + ",\"amount\":\"\xff\"}"},
	{"invalid_json", "\x00\x00\x00\x00\x07\x01"}, // as a schema registry writes Avro
	{"wrong_type", `["order"]`},
	{"wrong_type", `{` + unpriced + `,"amount":1.5}`},
	{"wrong_type", `{"order_id":null,"account":"customer-0","currency":"USD","amount":"1.00"}`},
	{"unknown_field", `{` + priced + `,"Amount":"9.00"}`},
	{"duplicate_field", `{` + priced + `,"amount":"9.00"}`},
	{"missing_field", `{"account":"customer-0","amount":"1.00","currency":"USD"}`},
	{"amount_missing", `{` + unpriced + `}`},
	{"amount_ambiguous", `{` + priced + `,"amount_minor":100}`},
	{"invalid_order_id", `{"order_id":"","account":"customer-0","currency":"USD","amount":"1.00"}`},
	{"invalid_order_id", `{"order_id":"p\u0000","account":"customer-0","currency":"USD","amount":"1.00"}`},
	{"invalid_order_id", `{"order_id":"` + strings.Repeat("x", 129) + `","account":"a","currency":"USD","amount":"1"}`},
	{"invalid_account", `{"order_id":"poison","account":"e\u0301","currency":"USD","amount":"1.00"}`},
	{"unknown_currency", `{"order_id":"poison","account":"customer-0","currency":"usd","amount":"1.00"}`},
	{"same_account", `{` + priced + `,"credit_account":"customer-0"}`},
	{"amount_syntax", `{` + unpriced + `,"amount":"1e2"}`},
	{"amount_precision", `{` + unpriced + `,"amount":"1.001"}`},
	{"amount_not_positive", `{` + unpriced + `,"amount":"-1.00"}`},
	{"amount_not_positive", `{` + unpriced + `,"amount_minor":0}`},
	{"amount_too_large", `{` + unpriced + `,"amount_minor":9223372036854775808}`},
	{"invalid_attempt", `{` + priced + `,"attempt":0}`},
	{"invalid_occurred_at", `{` + priced + `,"occurred_at":"yesterday"}`},
	{"invalid_metadata", `{` + priced + `,"metadata":{"a":1}}`},
}

func TestPromise2_RetentionCutHalts(t *testing.T) {
	t.Parallel()
	e := newEnv(t, 2)
	e.openAccounts(customers(10, 1_000_000)...)
	w := e.startWorker()
	e.sendTo(0, numbered("before-0", 10)...)
	e.sendTo(1, numbered("before-1", 10)...)
	e.awaitDone()
	w.stop()

	lost := numbered("lost", 5)
	e.sendTo(0, lost...)
	e.oracle.forget(lost)
	e.sendTo(0, numbered("after-0", 5)...)
	e.sendTo(1, numbered("after-1", 5)...)
	e.deleteRecords(0, 15) // five that nobody has read

	w = e.startWorker()
	e.awaitDone(1) // the neighbour goes on
	if state := e.awaitHalt(0); len(state) <= len("halted: ") {
		t.Errorf("state %q does not say why", state)
	}
	if n := e.count("SELECT count(*) FROM processed WHERE order_id LIKE 'after-0%'"); n != 0 {
		t.Errorf("%d orders behind the gap were decided", n)
	}

	said := e.run("partition", "skip", "--partition", "0", "--reason", "retention was too short")
	if n := e.count("SELECT count(*) FROM partition_intervention"); n != 0 {
		t.Errorf("partition skip acted without --execute and said %q", said)
	}
	e.run("partition", "skip", "--partition", "0", "--reason", "retention was too short", "--execute")
	e.awaitDone()
	e.check()
	if n := e.count(`SELECT count(*) FROM partition_intervention
	                  WHERE action = 'skip' AND partition = 0 AND from_offset = 10 AND to_offset = 15
	                    AND reason = 'retention was too short' AND actor <> ''`); n != 1 {
		t.Errorf("%d rows say who skipped the partition from where to where and why", n)
	}
	if state := e.partitionStates()[0].State; strings.HasPrefix(state, "halted") {
		t.Errorf("partition 0 is %q after it went on", state)
	}
	w.awaitReady()
}

func TestPromise2_TopicRecreatedHalts(t *testing.T) {
	t.Parallel()
	for _, running := range []bool{false, true} {
		t.Run(fmt.Sprintf("running=%v", running), func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, 1)
			e.openAccounts(customers(10, 1_000_000)...)
			w := e.startWorker()
			e.send(numbered("before", 5)...)
			e.awaitDone()
			if !running {
				w.stop()
			}
			e.recreateTopic()
			e.send(numbered("after", 10)...) // past the old topic's end, too
			if !running {
				e.startWorker()
			}
			e.awaitHalt(0)
			if n := e.count("SELECT count(*) FROM processed"); n != 5 {
				t.Errorf("%d orders were decided, should be the 5 from before", n)
			}
			e.run("partition", "adopt", "--partition", "0", "--reason", "a new topic", "--execute")
			e.awaitDone()
			e.check()
		})
	}
}

// numbered makes n orders of one dollar with these ids.
func numbered(prefix string, n int) []command {
	commands := make([]command, n)
	for i := range commands {
		commands[i] = pay(fmt.Sprintf("%s-%d", prefix, i), fmt.Sprintf("customer-%d", i%10), 100)
	}
	return commands
}
