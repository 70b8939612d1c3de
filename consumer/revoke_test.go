package consumer

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// lock holds an account's lock until release, or the test's end.
func (b *bundle) lock(t *testing.T, account string) (release func()) {
	t.Helper()
	tx, err := b.db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	if _, err := tx.Exec(t.Context(), "SELECT FROM account WHERE name = $1 FOR UPDATE", account); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(context.Background()); err != nil && !errors.Is(err, pgx.ErrTxClosed) {
			t.Error(err)
		}
	}
}

// awaitWaiting waits until so many transactions wait for a lock.
func (b *bundle) awaitWaiting(t *testing.T, n int) {
	t.Helper()
	await(t, "transactions to wait for a lock", func() (bool, string) {
		waiting := b.count(t, "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
		return waiting == n, fmt.Sprintf("%d of %d do", waiting, n)
	})
}

// watched is a membership that tells when its partitions have been given back.
type watched struct {
	everything
	back func()
}

func (w watched) run(ctx context.Context, owner assignee) {
	w.everything.run(ctx, owner)
	w.back()
}

// Partitions are given back when nothing of them is being settled any more:
// their next owner would wait for it.
func TestRevokedPartitionsHaveNothingInHand(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1)
	release := b.lock(t, "acct-0")
	b.kafka.Produce(t, 0, order("held", "acct-0"))
	w := b.worker(t, "worker-1", func(c *Config) { c.Lanes, c.DrainTimeout = 1, 100*time.Millisecond })
	inHand := -1
	w.members = watched{everything{0}, func() {
		w.lanes.mu.Lock()
		inHand = w.lanes.busy
		w.lanes.mu.Unlock()
		release() // lest what is in hand keeps the worker from ending
	}}
	stop := start(t, w)
	b.awaitWaiting(t, 1)
	stop()
	if inHand != 0 {
		t.Errorf("%d batches were in hand when the partitions had been given back, want 0", inHand)
	}
}

// A batch that is given up for one partition may have been committed, or not:
// the others in it are acquired again, and go on where the watermark is.
func TestAbandonedBatchIsReadAgain(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 2)
	w := b.worker(t, "worker-1", func(c *Config) { c.Lanes, c.DrainTimeout = 1, 100*time.Millisecond })
	w.members = everything{0, 1}
	releaseFirst, releaseSecond := b.lock(t, "acct-0"), b.lock(t, "acct-1")
	b.kafka.Produce(t, 0, order("first", "acct-0"))
	start(t, w)
	b.awaitWaiting(t, 1)
	b.kafka.Produce(t, 0, order("a", "acct-1"))
	b.kafka.Produce(t, 1, order("b", "acct-1"))
	await(t, "both to be queued", func() (bool, string) {
		queued := w.queued()
		return len(queued) == 2, fmt.Sprint(queued)
	})
	releaseFirst()
	await(t, "both to be in hand", func() (bool, string) {
		w.lanes.mu.Lock()
		defer w.lanes.mu.Unlock()
		return w.lanes.inHand() == 2, fmt.Sprint(w.lanes.inHand())
	})
	w.stopPartition(0, errors.New("the test stops it"))
	await(t, "the other one to be acquired again", func() (bool, string) {
		epoch := b.epoch(t, 1)
		return epoch > 1, fmt.Sprintf("epoch %d", epoch)
	})
	releaseSecond()
	b.awaitSettled(t)
	b.wantTransfers(t, 3)
}

// queued are the partitions of which something waits to be settled.
func (w *Worker) queued() (ids []int32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.partitions {
		p.queue.mu.Lock()
		if len(p.queue.chunks) > 0 {
			ids = append(ids, p.key.Partition)
		}
		p.queue.mu.Unlock()
	}
	return ids
}

func (w *Worker) stopPartition(id int32, cause error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.partitions {
		if p.key.Partition == id {
			p.stop(cause)
		}
	}
}

func (b *bundle) epoch(t *testing.T, partition int32) (epoch int64) {
	t.Helper()
	if err := b.db.Pool.QueryRow(t.Context(),
		"SELECT coalesce(max(epoch), 0) FROM watermark WHERE partition = $1", partition).Scan(&epoch); err != nil {
		t.Fatal(err)
	}
	return epoch
}

// inHand is how many partitions are being settled. The caller holds mu.
func (l *lanes) inHand() (n int) {
	for _, p := range l.partitions {
		if p.batch != nil {
			n++
		}
	}
	return n
}

// Somebody who holds an account's lock keeps its own partition waiting, not the
// others that were settled with it.
func TestLockedAccountKeepsNoOtherPartitionWaiting(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 4)
	w := b.worker(t, "worker-1", func(c *Config) { c.Lanes, c.Limits.Lock = 2, 50*time.Millisecond })
	w.members = everything{0, 1, 2, 3}
	held, free := b.lock(t, "acct-0"), make([]func(), 2)
	for i := range free { // one lane each
		free[i] = b.lock(t, fmt.Sprintf("acct-%d", 1+i))
		b.kafka.Produce(t, int32(i), order(fmt.Sprintf("first-%d", i), fmt.Sprintf("acct-%d", 1+i)))
	}
	start(t, w)
	awaitInHand := func(n int) {
		t.Helper()
		await(t, "partitions to be in hand", func() (bool, string) {
			w.lanes.mu.Lock()
			defer w.lanes.mu.Unlock()
			return w.lanes.busy == 2 && w.lanes.inHand() == n, fmt.Sprint(w.lanes.inHand())
		})
	}
	awaitInHand(2)
	w.lanes.mu.Lock()
	w.lanes.apart = time.Time{} // both may have been in one batch, which was blocked
	w.lanes.mu.Unlock()
	b.kafka.Produce(t, 2, order("held", "acct-0"))
	b.kafka.Produce(t, 3, order("beside", "acct-3"))
	await(t, "both to be queued", func() (bool, string) {
		queued := w.queued()
		return len(queued) == 2, fmt.Sprint(queued)
	})
	free[0]()
	awaitInHand(3)
	free[1]()
	await(t, "the others to be settled", func() (bool, string) {
		settled := b.count(t, "transfer")
		return settled == 3, fmt.Sprintf("%d are", settled)
	})
	held()
	b.awaitSettled(t)
	b.wantTransfers(t, 4)
}
