package integration

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// slowJVM is how long a broker may take to be back: seconds, where it has a core.
const slowJVM = 3 * time.Minute

// nodes are the three brokers of a cluster, all in one container: node n listens
// on port 9n92, and is started again for as long as there is no file down-n.
var nodes = []int32{1, 2, 3}

// startNodes starts the nodes; it begins with the addresses that they advertise.
const startNodes = `
export KAFKA_HEAP_OPTS='-Xms256m -Xmx256m' KAFKA_JVM_PERFORMANCE_OPTS='-XX:+UseSerialGC -XX:TieredStopAtLevel=1'
node() {
  cat >/tmp/node-$1.properties <<-EOF
	node.id=$1
	process.roles=broker,controller
	listeners=HOST://:9${1}92,INSIDE://localhost:9${1}94,CONTROLLER://localhost:9${1}93
	advertised.listeners=HOST://$2,INSIDE://localhost:9${1}94
	controller.listener.names=CONTROLLER
	controller.quorum.voters=1@localhost:9193,2@localhost:9293,3@localhost:9393
	inter.broker.listener.name=INSIDE
	listener.security.protocol.map=HOST:PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT
	log.dirs=/tmp/node-$1
	broker.session.timeout.ms=5000
	broker.heartbeat.interval.ms=1000
	min.insync.replicas=2
	auto.leader.rebalance.enable=false
	offsets.topic.replication.factor=3
	offsets.topic.num.partitions=3
	group.initial.rebalance.delay.ms=0
	group.min.session.timeout.ms=1000
	auto.create.topics.enable=false
	log.cleaner.dedupe.buffer.size=4194304
	EOF
  /opt/kafka/bin/kafka-storage.sh format -t 5L6g3nShT-eMCtK--X86sw -c /tmp/node-$1.properties
  while :; do
    [ -f /tmp/down-$1 ] || LOG_DIR=/tmp/logs-$1 sh -c "echo \$\$ >/tmp/pid-$1
      exec /opt/kafka/bin/kafka-server-start.sh /tmp/node-$1.properties"
    sleep 0.2
  done >/tmp/said-$1 2>&1
}
`

// startCluster starts three brokers for one test alone, which may kill them.
func startCluster(t *testing.T) *broker {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	b := &broker{replicas: len(nodes)}
	t.Cleanup(func() {
		if err := b.stop(); err != nil {
			t.Errorf("stop the brokers: %v", err)
		}
	})
	var err error
	b.container, err = testcontainers.Run(ctx, kafkaImage,
		testcontainers.WithExposedPorts("9192/tcp", "9292/tcp", "9392/tcp"),
		testcontainers.WithEntrypoint("sh", "-c", "until [ -f "+startFile+" ]; do sleep 0.1; done; exec sh "+startFile),
	)
	if err != nil {
		t.Fatal(err)
	}
	script := startNodes
	var addrs []string
	for _, node := range nodes {
		addr, err := b.container.PortEndpoint(ctx, fmt.Sprintf("9%d92/tcp", node), "")
		if err != nil {
			t.Fatal(err)
		}
		addrs = append(addrs, addr)
		script += fmt.Sprintf("node %d %s &\n", node, addr)
	}
	b.addr = strings.Join(addrs, ",")
	b.admin = newAdmin(b.addr)
	if err := b.container.CopyToContainer(ctx, []byte(script+"wait\n"), startFile, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := b.waitUntilUp(ctx); err != nil {
		said, _ := execIn(t.Context(), b.container, []string{"sh", "-c", "tail -n 20 /tmp/said-*"})
		t.Fatalf("%v\n%s", err, said)
	}
	return b
}

// kill ends a node the hard way; it stays down.
func (b *broker) kill(t *testing.T, node int32) {
	t.Helper()
	t.Logf("node %d is killed", node)
	b.shell(t, fmt.Sprintf("touch /tmp/down-%d; kill -9 $(cat /tmp/pid-%d)", node, node))
}

// restart lets a node come back that was killed.
func (b *broker) restart(t *testing.T, node int32) {
	t.Helper()
	b.shell(t, fmt.Sprintf("rm /tmp/down-%d", node))
}

func (b *broker) shell(t *testing.T, script string) {
	t.Helper()
	if _, err := execIn(t.Context(), b.container, []string{"sh", "-ec", script}); err != nil {
		t.Fatal(err)
	}
}

// layout is where the topic's partitions are.
func (e *env) layout(ctx context.Context) ([]kmsg.MetadataResponseTopicPartition, error) {
	request := kmsg.NewPtrMetadataRequest()
	topic := kmsg.NewMetadataRequestTopic()
	topic.Topic = &e.topic
	request.Topics = append(request.Topics, topic)
	response, err := request.RequestWith(ctx, e.producer)
	if err != nil {
		return nil, err
	}
	partitions := make([]kmsg.MetadataResponseTopicPartition, e.partitions)
	for _, p := range response.Topics[0].Partitions {
		partitions[p.Partition] = p
	}
	return partitions, kerr.ErrorForCode(response.Topics[0].ErrorCode)
}

// leader is the node that leads a partition.
func (e *env) leader(partition int32) int32 {
	e.t.Helper()
	partitions, err := e.layout(e.t.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	return partitions[partition].Leader
}

// awaitLeaders waits until each partition is led by a node that suits.
func (e *env) awaitLeaders(what string, suits func(kmsg.MetadataResponseTopicPartition) bool) {
	e.t.Helper()
	eventually(e.t, slowJVM, what, func() error {
		partitions, err := e.layout(e.t.Context())
		if err != nil {
			return err
		}
		for _, p := range partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil && p.Leader < 0 {
				return err
			}
			if !suits(p) {
				return fmt.Errorf("partition %d: leader %d, in sync %v of %v", p.Partition, p.Leader, p.ISR, p.Replicas)
			}
		}
		return nil
	})
}

// electPreferred gives each partition back to its first replica.
func (e *env) electPreferred() {
	e.t.Helper()
	e.await("preferred leaders are elected", func(ctx context.Context) error {
		request := kmsg.NewPtrElectLeadersRequest()
		topic := kmsg.NewElectLeadersRequestTopic()
		topic.Topic = e.topic
		for p := range e.partitions {
			topic.Partitions = append(topic.Partitions, p)
		}
		request.Topics = append(request.Topics, topic)
		request.TimeoutMillis = 5_000
		response, err := request.RequestWith(ctx, e.producer)
		if err != nil {
			return err
		}
		for _, topic := range response.Topics {
			for _, p := range topic.Partitions {
				if err := kerr.ErrorForCode(p.ErrorCode); err != nil && !errors.Is(err, kerr.ElectionNotNeeded) {
					return err
				}
			}
		}
		return kerr.ErrorForCode(response.ErrorCode)
	})
}

// coordinator is the node that looks after the group.
func (e *env) coordinator() int32 {
	e.t.Helper()
	var node int32
	eventually(e.t, time.Minute, "the group's coordinator is known", func() error {
		request := kmsg.NewPtrFindCoordinatorRequest()
		request.CoordinatorKeys = []string{e.group}
		response, err := request.RequestWith(e.t.Context(), e.producer)
		if err != nil {
			return err
		}
		node = response.Coordinators[0].NodeID
		return kerr.ErrorForCode(response.Coordinators[0].ErrorCode)
	})
	return node
}
