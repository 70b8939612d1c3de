package integration

import (
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestPromise2_LeadersAndCoordinatorKilled kills brokers of a cluster under
// load: first one that leads partitions, which it gets back when it is there
// again, then the one that looks after the group.
func TestPromise2_LeadersAndCoordinatorKilled(t *testing.T) {
	t.Parallel()
	e := newEnvOn(t, 6, startCluster(t), suite.postgres)
	e.openAccounts(customers(100, 1_000_000)...)
	e.coordinator() // the first who asks has the topic of offsets created
	workers := e.startWorkers(3)
	stop := e.keepLoading(100)
	e.awaitSettled(1_000)

	leader := e.leader(0)
	e.loseNode(leader)
	e.cluster.restart(t, leader)
	e.awaitLeaders("all replicas are in sync", func(p kmsg.MetadataResponseTopicPartition) bool {
		return len(p.ISR) == len(nodes)
	})
	e.electPreferred()
	e.awaitLeaders("leadership is back", func(p kmsg.MetadataResponseTopicPartition) bool {
		return p.Leader == p.Replicas[0]
	})
	e.awaitMore(1_000)

	e.loseNode(e.coordinator())
	stop()
	e.expectOnce(workers...)
}

// loseNode kills a node and waits until work goes on without it.
func (e *env) loseNode(node int32) {
	e.t.Helper()
	began := time.Now()
	e.cluster.kill(e.t, node)
	e.awaitLeaders("others lead", func(p kmsg.MetadataResponseTopicPartition) bool {
		return p.Leader != node && !slices.Contains(p.ISR, node)
	})
	e.awaitMore(1_000)
	e.t.Logf("%v until work went on", time.Since(began).Round(time.Millisecond))
}

// awaitMore waits until so many more orders have an outcome.
func (e *env) awaitMore(n int64) {
	e.t.Helper()
	e.awaitSettled(e.count("SELECT count(*) FROM processed") + n)
}
