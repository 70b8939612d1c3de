package embedded

import (
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestKafka(t *testing.T) {
	t.Parallel()
	kafka, err := StartKafka(KafkaConfig{Topic: "payments", Partitions: 3, Brokers: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer kafka.Close()
	brokers := kafka.Brokers()
	if len(brokers) != 2 {
		t.Errorf("brokers %v, want two", brokers)
	}
	for _, address := range brokers {
		if !strings.HasPrefix(address, "127.0.0.1:") {
			t.Errorf("broker on %s", address)
		}
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ConsumeTopics("payments"),
		kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	record := &kgo.Record{Topic: "payments", Partition: 2, Value: []byte("sent")}
	if err := client.ProduceSync(t.Context(), record).FirstErr(); err != nil {
		t.Fatal(err)
	}
	fetches := client.PollFetches(t.Context())
	if got := fetches.Records(); len(got) != 1 || string(got[0].Value) != "sent" || got[0].Partition != 2 {
		t.Errorf("got %v, errors %v", got, fetches.Errors())
	}
	kafka.Close()
	kafka.Close()
	if _, err := net.Dial("tcp", brokers[0]); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("it still listens: %v", err)
	}
}
