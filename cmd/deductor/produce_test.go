package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/command"
	"deductor/internal/kafkatest"
)

// consume reads all n records of the topic.
func consume(t *testing.T, kafka *kafkatest.Kafka, n int) []*kgo.Record {
	t.Helper()
	client := kafka.Client(t, kgo.ConsumeTopics(kafka.Topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	var records []*kgo.Record
	for len(records) < n {
		fetches := client.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		records = append(records, fetches.Records()...)
	}
	return records
}

func TestProduceGenerated(t *testing.T) {
	t.Parallel()
	env, kafka := kafkaEnv(t)
	var r produceReport
	mustRead(t, env, &r, "produce", "--count", "1000", "--duplicates", "0.25", "--seed", "18446744073709551615",
		"--accounts", "5", "--account-prefix", "acc-", "--currency", "JPY", "--amount-max", "7")
	if r.Sent != 1000 || r.Orders != 750 || r.Failed != 0 || r.Invalid != 0 || *r.Seed != 18446744073709551615 {
		t.Errorf("report is %+v", r)
	}
	orders, accounts := make(map[string]int32), make(map[string]bool)
	for _, record := range consume(t, kafka, 1000) {
		c, rejection := command.Decode(record.Value)
		if rejection != nil {
			t.Fatalf("%s: %v", record.Value, rejection)
		}
		if string(record.Key) != c.OrderID || c.Currency != "JPY" || c.Amount < 1 || c.Amount > 7 {
			t.Fatalf("key %s, value %s", record.Key, record.Value)
		}
		if partition, again := orders[c.OrderID]; again && partition != record.Partition {
			t.Errorf("order %s is in partitions %d and %d", c.OrderID, partition, record.Partition)
		}
		orders[c.OrderID] = record.Partition
		accounts[c.Account] = true
	}
	if len(orders) != 750 || len(accounts) != 5 || !accounts["acc-1"] || !accounts["acc-5"] {
		t.Errorf("%d orders of the accounts %v", len(orders), accounts)
	}
	first := maps.Clone(orders)
	mustRun(t, env, "produce", "--count", "1000", "--duplicates", "0.25", "--seed", "18446744073709551615",
		"--accounts", "5", "--account-prefix", "acc-", "--currency", "JPY", "--amount-max", "7")
	for _, record := range consume(t, kafka, 2000) {
		delete(first, string(record.Key))
	}
	if len(first) != 0 {
		t.Errorf("%d orders were not made again by the same seed", len(first))
	}
}

const lines = `{"order_id":"o-1","account":"alice","amount":"1.00","currency":"USD"}

no json
{"order_id":"o-2","account":"alice","amount":"nope","currency":"USD"}
{"order_id":"o-1","account":"alice","amount":"1.00","currency":"USD"}
`

func TestProduceFile(t *testing.T) {
	t.Parallel()
	env, kafka := kafkaEnv(t)
	file := filepath.Join(t.TempDir(), "commands.jsonl")
	if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	var r produceReport
	mustRead(t, env, &r, "produce", "--file", file)
	if r.Sent != 4 || r.Orders != 2 || r.Seed != nil {
		t.Errorf("report is %+v", r)
	}
	var sent strings.Builder
	for _, record := range consume(t, kafka, 4) {
		sent.WriteString(string(record.Key) + "|" + string(record.Value) + "\n")
	}
	for _, want := range []string{
		"|no json\n",
		`o-2|{"order_id":"o-2","account":"alice","amount":"nope","currency":"USD"}`,
	} {
		if !strings.Contains(sent.String(), want) {
			t.Errorf("%q was not sent, but:\n%s", want, sent.String())
		}
	}
}

func TestProduceValidates(t *testing.T) {
	t.Parallel()
	env, kafka := kafkaEnv(t)
	r := runCommand(t, env, lines, "produce", "--file", "-", "--validate")
	r.expect(t, 5, "line 3: invalid_json", "line 4: amount_syntax", "2 lines are no commands")
	if !strings.Contains(r.stdout, "sent 2 messages of 1 orders") {
		t.Errorf("it says %q", r.stdout)
	}
	if ends := kafka.EndOffsets(t); ends[0]+ends[1] != 2 {
		t.Errorf("the log ends at %v", ends)
	}
	runCommand(t, env, "no json\n", "produce", "--file", "-", "--validate").expect(t, 1, "1 lines are no commands")
}

func TestProduceTooLarge(t *testing.T) {
	t.Parallel()
	env, _ := kafkaEnv(t)
	large := `{"order_id":"o-1","account":"` + strings.Repeat("a", 2_000_000) + `"}` + "\n"
	runCommand(t, env, large+lines, "produce", "--file", "-").
		expect(t, 5, "1 messages were not sent", "line 1: the message has")
	runCommand(t, env, large, "produce", "--file", "-").expect(t, 1, "line 1: the message has")
}

func TestProduceTrouble(t *testing.T) {
	t.Parallel()
	env, _ := kafkaEnv(t)
	runCommand(t, with(env, "KAFKA_TOPIC", "nope"), "", "produce", "--count", "1").
		expect(t, 1, `topic "nope" does not exist`)
	runCommand(t, env, "", "produce", "--file", "/nonexistent/file").expect(t, 1, "/nonexistent/file")
	said := runCommand(t, env, "", "produce", "--count", "10")
	said.expect(t, 0, "sent 10 of 10 (100 %)")
	if !strings.Contains(said.stdout, "the same again: --seed ") {
		t.Errorf("it does not tell the seed: %s", said.stdout)
	}
}
