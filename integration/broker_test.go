package integration

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/testcontainers/testcontainers-go"
	tcexec "github.com/testcontainers/testcontainers-go/exec"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	kafkaImage = "apache/kafka:4.1.0"
	startFile  = "/tmp/start-kafka.sh"
)

// broker is Apache Kafka in a container: one node, broker and controller.
type broker struct {
	container *testcontainers.DockerContainer
	admin     *kafka.Client
	replicas  int // of each partition
	// addr is the brokers' addresses, and proxied the one whose connections go
	// through proxy, which can hold or cut them.
	addr, proxied string
	proxy         *proxy
}

// startBroker starts the container with a command that waits for a script,
// since the ports to advertise are known only when it runs.
func startBroker(ctx context.Context) (b *broker, err error) {
	b = &broker{replicas: 1}
	b.container, err = testcontainers.Run(ctx, kafkaImage,
		testcontainers.WithExposedPorts("9092/tcp", "9094/tcp"),
		testcontainers.WithEnv(brokerSettings),
		testcontainers.WithCmd("sh", "-c", "until [ -f "+startFile+" ]; do sleep 0.1; done; exec sh "+startFile),
	)
	if err != nil {
		return b, fmt.Errorf("start %s: %w", kafkaImage, err)
	}
	if b.addr, err = b.container.PortEndpoint(ctx, "9092/tcp", ""); err != nil {
		return b, err
	}
	b.admin = newAdmin(b.addr)
	behind, err := b.container.PortEndpoint(ctx, "9094/tcp", "")
	if err != nil {
		return b, err
	}
	if b.proxy, err = newProxy(behind); err != nil {
		return b, err
	}
	b.proxied = b.proxy.addr()
	script := fmt.Sprintf(brokerScript, b.addr, b.proxied)
	if err := b.container.CopyToContainer(ctx, []byte(script), startFile, 0o755); err != nil {
		return b, fmt.Errorf("copy %s: %w", startFile, err)
	}
	return b, b.waitUntilUp(ctx)
}

// brokerScript starts the broker again when it was killed, on the same ports.
const brokerScript = `export KAFKA_ADVERTISED_LISTENERS=HOST://%s,PROXIED://%s,INSIDE://localhost:19092
trap 'exit 0' TERM
while :; do
  /etc/kafka/docker/run &
  echo $! > /tmp/kafka.pid
  wait $!
done
`

// crash ends the broker the hard way and returns when it answers again.
func (b *broker) crash(t *testing.T) {
	t.Helper()
	b.shell(t, "kill -9 $(cat /tmp/kafka.pid)")
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	if err := b.waitUntilUp(ctx); err != nil {
		t.Fatal(err)
	}
}

// brokerSettings make one node do what takes three by default.
var brokerSettings = map[string]string{
	"KAFKA_NODE_ID":                    "1",
	"KAFKA_PROCESS_ROLES":              "broker,controller",
	"KAFKA_LISTENERS":                  "HOST://:9092,PROXIED://:9094,INSIDE://:19092,CONTROLLER://localhost:9093",
	"KAFKA_CONTROLLER_LISTENER_NAMES":  "CONTROLLER",
	"KAFKA_CONTROLLER_QUORUM_VOTERS":   "1@localhost:9093",
	"KAFKA_INTER_BROKER_LISTENER_NAME": "INSIDE",

	"KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "HOST:PLAINTEXT,PROXIED:PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",

	"KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR":         "1",
	"KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS":             "4",
	"KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
	"KAFKA_TRANSACTION_STATE_LOG_MIN_ISR":            "1",
	"KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS":     "4",

	"KAFKA_BROKER_SESSION_TIMEOUT_MS":        "3000", // until it may register again after it was killed
	"KAFKA_BROKER_HEARTBEAT_INTERVAL_MS":     "500",
	"KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
	"KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS":     "1000",
	"KAFKA_AUTO_CREATE_TOPICS_ENABLE":        "false",
	"KAFKA_HEAP_OPTS":                        "-Xms512m -Xmx512m",
}

func newAdmin(addr string) *kafka.Client {
	return &kafka.Client{
		Addr: kafka.TCP(strings.Split(addr, ",")...), Timeout: adminTimeout,
		Transport: &kafka.Transport{MetadataTTL: 200 * time.Millisecond},
	}
}

func newProducer(addr string, opts ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append(opts,
		kgo.SeedBrokers(strings.Split(addr, ",")...),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.MetadataMinAge(50*time.Millisecond),
		kgo.ProducerLinger(time.Millisecond),
		kgo.UnknownTopicRetries(100), // a busy broker needs a while to know a topic that was made anew
	)...)
}

func (b *broker) waitUntilUp(ctx context.Context) error {
	client, err := newProducer(b.addr)
	if err != nil {
		return err
	}
	defer client.Close()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := client.Ping(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s at %s does not answer: %w", kafkaImage, b.addr, err)
		case <-ticker.C:
		}
	}
}

func (b *broker) stop() error {
	if b == nil {
		return nil
	}
	if b.proxy != nil {
		b.proxy.close()
	}
	return testcontainers.TerminateContainer(b.container)
}

// execIn runs a command in the container and returns what it printed.
func execIn(ctx context.Context, c *testcontainers.DockerContainer, cmd []string, opts ...tcexec.ProcessOption,
) (string, error) {
	code, reader, err := c.Exec(ctx, cmd, append(opts, tcexec.Multiplexed())...)
	if err != nil {
		return "", fmt.Errorf("%v: %w", cmd, err)
	}
	out, err := io.ReadAll(reader)
	if err != nil {
		return "", fmt.Errorf("%v: %w", cmd, err)
	}
	if code != 0 {
		return string(out), fmt.Errorf("%v: exit %d\n%s", cmd, code, out)
	}
	return string(out), nil
}

// given are the addresses that freeAddr returned: the system may name one again
// before anybody listens on it.
var given sync.Map

// freeAddr is an address on this machine that nothing listened on just now, another
// one each time.
func freeAddr() (string, error) {
	for {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		addr := listener.Addr().String()
		if err := listener.Close(); err != nil {
			return "", err
		}
		if _, again := given.LoadOrStore(addr, true); !again {
			return addr, nil
		}
	}
}
