package settle_test

import (
	"errors"
	"reflect"
	"testing"

	"deductor/consumer/settle"
)

// wantFenced settles a batch that has to be fenced, and compares the losses.
func (b *bench) wantFenced(want []settle.Loss, batch ...settle.Slice) {
	b.t.Helper()
	before := b.snapshot()
	counts, err := b.settler.Settle(b.t.Context(), batch)
	var fenced *settle.FenceError
	if !errors.As(err, &fenced) {
		b.t.Fatalf("settled as %v, error %v; want a FenceError", counts, err)
	}
	if !reflect.DeepEqual(fenced.Losses, want) {
		b.t.Errorf("losses\n%+v, want\n%+v", fenced.Losses, want)
	}
	b.wantCounts(counts, nil)
	b.wantUnchanged(before)
}

// lose has another worker take the partition over, and returns what the one that
// lost it goes by, as long as it has not heard of it.
func (b *bench) lose(f *feed) (zombie *feed) {
	b.t.Helper()
	before := *f
	b.reacquire(f, nil)
	return &before
}

// Promise 1: a worker that lost its partition, and has not heard of it, commits
// nothing.
func TestPromise1_ZombieCommitsNothing(t *testing.T) {
	t.Parallel()
	t.Run("before and after its successor does", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, customer("alice", 1000))
		f := b.acquire(0)
		b.settle(f.next(pay("o-1", "alice", 1)))
		zombie := b.lose(f)
		batch := zombie.next(pay("o-2", "alice", 1), raw("?"))
		loss := settle.Loss{Key: f.key, Epoch: 1, StoredEpoch: 2, Start: 1, NextOffset: 1}
		b.wantFenced([]settle.Loss{loss}, batch)
		b.settle(f.next(pay("o-2", "alice", 1)))
		loss.NextOffset = 2
		b.wantFenced([]settle.Loss{loss}, batch)
		b.audit()
	})
	t.Run("of the partitions that are still its own", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, customer("alice", 1000))
		f, g, h := b.acquire(0), b.acquire(1), b.acquire(2)
		zombie := b.lose(g)
		b.wantFenced([]settle.Loss{{Key: g.key, Epoch: 1, StoredEpoch: 2}},
			f.next(pay("o-1", "alice", 1)), zombie.next(pay("o-2", "alice", 1)), h.next(pay("o-3", "alice", 1)))
		counts := b.settle(f.all(), h.all()) // without the lost one
		b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 2})
	})
	t.Run("of markers alone", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		f := b.acquire(0)
		b.wantFenced([]settle.Loss{{Key: f.key, Epoch: 1, StoredEpoch: 2}}, b.lose(f).next(marker))
	})
}

// Promise 1: a worker whose database was put back to an earlier state behind its
// back is a zombie, too: it stands where that state never was.
func TestPromise1_ZombieOfADatabasePutBack(t *testing.T) {
	t.Parallel()
	t.Run("it knows less than was read", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, customer("alice", 1000))
		f := b.acquire(0)
		b.settle(f.next(pay("o-1", "alice", 1), pay("o-2", "alice", 1)))
		b.exec("UPDATE watermark SET next_offset = 1")
		b.wantFenced([]settle.Loss{{Key: f.key, Epoch: 1, StoredEpoch: 1, Start: 2, NextOffset: 1}},
			f.next(pay("o-3", "alice", 1)))
	})
	t.Run("it gave out the same epoch again", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, customer("alice", 1000))
		f, g := b.acquire(0), b.acquire(1)
		b.exec("TRUNCATE watermark, source RESTART IDENTITY CASCADE")
		b.reacquire(g, nil)
		zombie := b.lose(f)
		if zombie.Epoch != f.Epoch || zombie.SourceID != g.SourceID {
			t.Fatalf("positions %+v and %+v: want the zombie's epoch and another source", zombie.Position, f.Position)
		}
		// Its dead letter would be taken for one of the other partition.
		b.wantFenced([]settle.Loss{{Key: f.key, Epoch: 1, StoredEpoch: 1}}, zombie.next(raw("?")))
	})
	t.Run("it does not know the partition", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, customer("alice", 1000))
		f := b.acquire(0)
		b.exec("DELETE FROM watermark")
		b.wantFenced([]settle.Loss{{Key: f.key, Missing: true, Epoch: 1}}, f.next(pay("o-1", "alice", 1)))
	})
}

// A batch moves the watermarks of its partitions, of its topic, of its group.
func TestFenceLeavesOthersWatermarks(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 1000))
	f := b.acquire(0)
	others := []*feed{
		{key: settle.Key{Group: "others", Topic: topic}},
		{key: settle.Key{Group: group, Topic: "refunds"}},
		{key: settle.Key{Group: group, Topic: topic, Partition: 1}},
	}
	for _, other := range others {
		b.reacquire(other, nil)
	}
	b.settle(f.next(pay("o-1", "alice", 1)))
	b.wantWatermark(f, 1)
	for _, other := range others {
		b.wantWatermark(other, 0)
	}
}

// A batch that is taken apart for a command that the database refuses may be
// fenced midway: what came before stays settled, and is found when the rest is
// run again.
func TestPromise1_FencedWhileSinglingOut(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 10_000_000), whale)
	f, g := b.acquire(0), b.acquire(stripes)
	b.fillStripe(f)
	batch := []settle.Slice{f.next(pay("o-1", "alice", 1), pay("o-2", "alice", 1)), g.next(overfill("bad"))}
	settler := closing(t, settle.Config{Connect: b.connectWatched(func(m message) verdict {
		if m.fromServer && m.text == "ROLLBACK" && g.Epoch == 1 {
			b.reacquire(g, nil)
		}
		return pass
	})})
	counts, err := settler.Settle(t.Context(), batch)
	var fenced *settle.FenceError
	if !errors.As(err, &fenced) || len(fenced.Losses) != 1 || fenced.Losses[0].Key != g.key {
		t.Fatalf("settled as %v, error %v; want a FenceError of partition %d", counts, err, g.key.Partition)
	}
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 1})
	b.wantWatermark(f, 2)
	counts = b.settle(batch[0], g.all())
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 1, settle.Duplicate: 1, settle.DeadLettered: 1})
	b.wantTransfers("o-1", 1)
	b.wantTransfers("o-2", 1)
	b.wantDeadLetters("64@0 database_refused bad")
	b.wantWatermark(f, 3)
	b.audit()
}
