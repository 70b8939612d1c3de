package integration

import (
	"fmt"
	"testing"
)

// TestPromise2_TopicRecreatedSmallerHalts makes the topic anew with fewer
// records than were read, so that the old position lies beyond its end, and
// with fewer partitions.
func TestPromise2_TopicRecreatedSmallerHalts(t *testing.T) {
	t.Parallel()
	for _, running := range []bool{false, true} {
		t.Run(fmt.Sprintf("running=%v", running), func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, 3)
			e.openAccounts(customers(10, 1_000_000)...)
			w := e.startWorker()
			e.send(numbered("before", 60)...)
			e.awaitDone()
			if !running {
				w.stop()
			}
			e.partitions = 2
			e.recreateTopic()
			e.sendTo(0, numbered("after-0", 5)...)
			e.sendTo(1, numbered("after-1", 5)...)
			if !running {
				w = e.startWorker()
			}
			for partition := range e.partitions {
				e.awaitHalt(partition)
			}
			if n := e.count("SELECT count(*) FROM processed"); n != 60 {
				t.Errorf("%d orders were decided, should be the 60 from before", n)
			}
			for partition := range e.partitions {
				e.run("partition", "adopt", "--partition", fmt.Sprint(partition), "--reason", "a new topic", "--execute")
			}
			e.expectOnce(w)
		})
	}
}

func TestPromise2_PartitionsAddedUnderLoad(t *testing.T) {
	t.Parallel()
	e := newEnv(t, 1)
	e.openAccounts(customers(100, 1_000_000)...)
	workers := e.startWorkers(2)
	wait := e.load(orders(random(t), "order", 3_000, 100))
	e.awaitSent(500)
	e.growTopic(3)
	wait()
	e.connectProducer()
	e.partitions = 3
	wait = e.load(orders(random(t), "later", 3_000, 100))
	e.growTopic(5)
	wait()
	e.connectProducer()
	e.partitions = 5
	e.send(orders(random(t), "last", 1_000, 100)...)
	e.expectOnce(workers...)
}

// TestPromise2_OffsetsMovedToAndFro resets the group's offsets to where they
// must not be believed: to the end, past records that nobody has read.
func TestPromise2_OffsetsMovedToAndFro(t *testing.T) {
	t.Parallel()
	e := newEnv(t, 2)
	e.openAccounts(customers(10, 1_000_000)...)
	w := e.startWorker()
	e.send(numbered("before", 100)...)
	e.awaitDone()
	w.stop()
	moves := []struct {
		to     []string
		begins int64 // where partitions are read from, of which 50 records each are added a time
	}{
		{[]string{"--to-latest"}, 50},
		{[]string{"--to-offset", "10"}, 10},
		{[]string{"--to-latest"}, 150},
		{[]string{"--to-earliest"}, 0},
		{nil, 250}, // the group is deleted, as when its offsets expire
	}
	for i, move := range moves {
		e.send(numbered(fmt.Sprintf("round-%d", i), 100)...)
		if move.to == nil {
			e.deleteGroup()
		} else {
			e.groupTool(append([]string{"--topic", e.topic, "--reset-offsets", "--execute"}, move.to...)...)
		}
		w = e.startWorker()
		eventually(t, adminTimeout, "what was skipped by the group is read", func() error {
			if n, want := e.count("SELECT count(*) FROM processed"), int64(100*(i+2)); n != want {
				return fmt.Errorf("%d of %d orders have an outcome", n, want)
			}
			return nil
		})
		e.awaitDone()
		for partition := range e.partitions {
			w.expectBegun(partition, move.begins)
		}
		if i < len(moves)-1 {
			w.stop()
		}
	}
	e.expectOnce(w)
}
