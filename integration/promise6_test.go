package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestPromise6_DatabasePutBack(t *testing.T) {
	t.Parallel()
	for _, running := range []bool{false, true} {
		t.Run(fmt.Sprintf("running=%v", running), func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, 3)
			rng := random(t)
			e.openAccounts(customers(50, 1_000_000)...)
			w := e.startWorker()
			e.send(orders(rng, "before", 1_000, 50)...)
			e.awaitDone()
			w.stop()
			snapshot := e.snapshot()

			w = e.startWorker()
			e.send(orders(rng, "after", 1_000, 50)...)
			e.awaitDone()
			if !running {
				w.stop()
			}
			e.putBack(snapshot)
			if running {
				w.awaitReady()
			} else {
				e.expectCommittedAhead()
				e.startWorker()
			}
			e.send(orders(rng, "later", 300, 50)...)
			e.awaitDone()
			e.awaitAll()
			e.check()
		})
	}
}

// expectCommittedAhead makes sure that the group has committed more than the
// database knows of.
func (e *env) expectCommittedAhead() {
	e.t.Helper()
	committed, err := e.committed(e.t.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	for partition, offset := range committed {
		if known := e.count("SELECT next_offset FROM watermark WHERE partition = $1", partition); known >= offset {
			e.t.Errorf("partition %d: watermark %d is not behind the committed offset %d", partition, known, offset)
		}
	}
}

// awaitAll waits until the database knows of every record: the group's offsets
// alone do not say that of one that was put back.
func (e *env) awaitAll() {
	e.t.Helper()
	eventually(e.t, time.Minute, "the watermarks are at the logs' ends", func() error {
		logs, err := e.logs(e.t.Context())
		if err != nil {
			return err
		}
		for p, log := range logs {
			known := e.count("SELECT coalesce(max(next_offset), 0) FROM watermark WHERE partition = $1", p)
			if known != log.end {
				return fmt.Errorf("partition %d: watermark %d of %d", p, known, log.end)
			}
		}
		return nil
	})
}

func TestPromise6_OffsetsDeleted(t *testing.T) {
	t.Parallel()
	e := newEnv(t, 2)
	e.openAccounts(customers(10, 1_000_000)...)
	w := e.startWorker()
	e.send(numbered("before", 20)...)
	e.awaitDone()
	w.stop()
	e.deleteGroup()
	e.send(numbered("after", 20)...)
	w = e.startWorker()
	e.awaitDone()
	for partition := range e.partitions {
		w.expectBegun(partition, 10) // the watermark
	}
	e.check()
}

func TestPromise6_LostDatabaseHaltsUntilAdopted(t *testing.T) {
	t.Parallel()
	e := newEnv(t, 1)
	e.openAccounts(customers(10, 1_000_000)...)
	w := e.startWorker()
	before := numbered("before", 20)
	e.send(before...)
	e.awaitDone()
	w.stop()

	e.loseDatabase()
	e.migrate()
	e.openAccounts(customers(10, 1_000_000)...)
	after := numbered("after", 20)
	e.send(after...)
	e.startWorker()
	e.awaitHalt(0)
	if n := e.count("SELECT count(*) FROM processed"); n != 0 {
		t.Errorf("%d orders were decided by a database that knows of none before", n)
	}

	said := e.run("partition", "adopt", "--partition", "0", "--reason", "the old database is archived", "--execute")
	if strings.TrimSpace(said) == "" {
		t.Error("partition adopt says nothing")
	}
	e.awaitDone()
	e.oracle.forget(before) // their outcomes were in the other database
	e.check()
	if n := e.count("SELECT count(*) FROM partition_intervention WHERE action = 'adopt'"); n != 1 {
		t.Errorf("%d rows say who adopted the partition", n)
	}
}
