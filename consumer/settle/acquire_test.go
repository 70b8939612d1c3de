package settle_test

import (
	"errors"
	"strings"
	"testing"

	"deductor/consumer/settle"
)

// tryAcquire takes a partition over, or returns why it halted.
func (b *bench) tryAcquire(a settle.Assignment) (settle.Position, *settle.HaltError) {
	b.t.Helper()
	position, err := settle.Acquire(b.t.Context(), b.worker, a)
	var halt *settle.HaltError
	if err != nil && !errors.As(err, &halt) {
		b.t.Fatalf("acquire: %v", err)
	}
	return position, halt
}

// wantHalt compares the halt that is on record; none when reason is empty.
func (b *bench) wantHalt(f *feed, reason string) {
	b.t.Helper()
	got := b.rows(`SELECT reason FROM partition_halt
	                WHERE consumer_group = $1 AND topic = $2 AND partition = $3 AND cleared_at IS NULL`,
		f.key.Group, f.key.Topic, f.key.Partition)
	if strings.Join(got, " ") != reason {
		b.t.Errorf("partition %d is halted for %q, want %q", f.key.Partition, got, reason)
	}
}

func (b *bench) wantPosition(got, want settle.Position) {
	b.t.Helper()
	if got != want {
		b.t.Errorf("position %+v, want %+v", got, want)
	}
}

func offset(n int64) *int64 { return &n }

func TestAcquireForTheFirstTime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f, g := &feed{}, &feed{}
	f.key = settle.Key{Group: group, Topic: topic, Partition: 0}
	g.key = settle.Key{Group: group, Topic: topic, Partition: 1}
	first := settle.Assignment{Key: f.key, Owner: "one", TopicID: topicID, LogStart: 5, LogEnd: 9}
	got, _ := b.tryAcquire(first)
	b.wantPosition(got, settle.Position{Offset: 5, LeaderEpoch: -1, Epoch: 1, SourceID: got.SourceID})
	b.wantWatermark(f, 5)

	second := settle.Assignment{Key: g.key, Owner: "two", TopicID: topicID}
	other, _ := b.tryAcquire(second)
	b.wantPosition(other, settle.Position{LeaderEpoch: -1, Epoch: 1, SourceID: other.SourceID})
	if got.SourceID == other.SourceID || got.SourceID == 0 {
		t.Errorf("sources %d and %d: each partition has its own", got.SourceID, other.SourceID)
	}
	want := []string{"0 one payments", "1 two payments"}
	owners := b.rows(`SELECT w.partition, w.owner, s.topic FROM watermark w JOIN source s ON s.id = w.source_id
	                   WHERE s.partition = w.partition ORDER BY w.partition`)
	if strings.Join(owners, "\n") != strings.Join(want, "\n") {
		t.Errorf("watermarks %q, want %q", owners, want)
	}
}

func TestAcquireRaisesTheEpoch(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f := b.acquire(0)
	b.settle(f.next(pay("o-1", "alice", 1), pay("o-2", "alice", 1)))
	a := f.assignment(offset(2))
	a.Owner = "worker-2"
	got, _ := b.tryAcquire(a)
	b.wantPosition(got, settle.Position{Offset: 2, LeaderEpoch: 3, Epoch: 2, SourceID: f.SourceID})
	if owner := b.row("SELECT owner FROM watermark"); owner != "worker-2" {
		t.Errorf("the owner is %s, want worker-2", owner)
	}
}

// A replay (the committed offset was reset) starts below the watermark, which
// stays: it says how far the partition was ever read.
func TestAcquireForAReplayKeepsTheWatermark(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f := b.acquire(0)
	b.settle(f.next(pay("o-1", "alice", 1), pay("o-2", "alice", 1)))
	got, _ := b.tryAcquire(f.assignment(offset(1)))
	b.wantPosition(got, settle.Position{Offset: 1, LeaderEpoch: -1, Epoch: 2, SourceID: f.SourceID})
	b.wantWatermark(f, 2)
	f.Position = got
	b.wantCounts(b.settle(f.slice(1, 2)), map[settle.Kind]int64{settle.Duplicate: 1})
	b.wantWatermark(f, 2)
}

// A committed offset above the watermark is a database that was put back: what
// it does not know is read again.
func TestAcquireAfterTheDatabaseWasPutBack(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f := b.acquire(0)
	f.put(pay("o-1", "alice", 1), pay("o-2", "alice", 1))
	b.settle(f.slice(0, 1))
	b.reacquire(f, offset(2))
	b.wantPosition(f.Position, settle.Position{Offset: 1, LeaderEpoch: 3, Epoch: 2, SourceID: f.SourceID})
	b.wantCounts(b.settle(f.slice(1, 2)), map[settle.Kind]int64{settle.Applied: 1})
}

// What is seen from the state of the log and the database alone is judged anew
// at each look.
func TestAcquireHealsFromWhatPassed(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	t.Run("records were removed, and put back", func(t *testing.T) {
		b := b.with(t)
		f := b.acquire(0)
		b.settle(f.next(pay("o-1", "alice", 1)))
		gone := f.assignment(nil)
		gone.LogStart, gone.LogEnd = 2, 5
		_, halt := b.tryAcquire(gone)
		if halt == nil || halt.Reason != settle.HaltRetentionGap || !strings.Contains(halt.Detail, "offsets 1 to 1") {
			t.Errorf("halted for %v, want %s with the offsets", halt, settle.HaltRetentionGap)
		}
		b.wantHalt(f, settle.HaltRetentionGap)
		b.reacquire(f, nil)
		b.wantHalt(f, "")
		b.wantPosition(f.Position, settle.Position{Offset: 1, LeaderEpoch: 3, Epoch: 3, SourceID: f.SourceID})
	})
	t.Run("the wrong database, then the right one", func(t *testing.T) {
		b := b.with(t)
		f := &feed{key: settle.Key{Group: group, Topic: topic, Partition: 1}}
		a := f.assignment(offset(7))
		a.LogEnd = 9
		for range 2 {
			if _, halt := b.tryAcquire(a); halt == nil || halt.Reason != settle.HaltWatermarkMissing {
				t.Errorf("halted for %v, want %s", halt, settle.HaltWatermarkMissing)
			}
		}
		b.wantHalt(f, settle.HaltWatermarkMissing)
		if n := b.row("SELECT count(*) FROM watermark WHERE partition = 1"); n != "0" {
			t.Error("a halt made a watermark")
		}
		a.Committed = nil // the operator deleted the group's offsets: everything is read
		got, _ := b.tryAcquire(a)
		b.wantPosition(got, settle.Position{LeaderEpoch: -1, Epoch: 1, SourceID: got.SourceID})
		b.wantHalt(f, "")
	})
	t.Run("a halt that came again begins again", func(t *testing.T) {
		b := b.with(t)
		f := b.acquire(2)
		gone := f.assignment(nil)
		gone.LogStart, gone.LogEnd = 2, 5
		since := func() string {
			_, _ = b.tryAcquire(gone)
			return b.row("SELECT since::text FROM partition_halt WHERE partition = 2")
		}
		first := since()
		if again := since(); again != first {
			t.Errorf("halted since %s, want since %s as long as it lasts", again, first)
		}
		b.reacquire(f, nil)
		if later := since(); later == first {
			t.Errorf("halted since %s, but it went on meanwhile", later)
		}
	})
}

// All other halts stay until an operator intervenes: a log that was too short
// may grow past the gap.
func TestAcquireStaysHalted(t *testing.T) {
	t.Parallel()
	for _, reason := range []string{settle.HaltBeyondLogEnd, "offset_gap"} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, customer("alice", 100))
			f := b.acquire(0)
			b.settle(f.next(pay("o-1", "alice", 1), pay("o-2", "alice", 1)))
			if reason == settle.HaltBeyondLogEnd {
				short := f.assignment(nil)
				short.LogEnd = 1
				short.Fenced = b.lookAgain(short)
				_, halt := b.tryAcquire(short)
				if halt == nil || !strings.Contains(halt.Detail, "ends at offset 1") {
					t.Fatalf("halted for %v, want the log's end", halt)
				}
			} else {
				halt := &settle.HaltError{Reason: reason, Detail: "as intake says"}
				if err := settle.Halt(t.Context(), b.worker, f.key, f.Epoch, halt); err != nil {
					t.Fatal(err)
				}
			}
			b.wantHalt(f, reason)
			if _, halt := b.tryAcquire(f.assignment(nil)); halt == nil || halt.Reason != reason || halt.Detail == "" {
				t.Errorf("halted for %v, want still %s", halt, reason)
			}
			b.wantHalt(f, reason)
			// Whoever held it before is fenced.
			if _, err := b.settler.Settle(t.Context(), []settle.Slice{f.next(marker)}); err == nil {
				t.Error("a batch of the halted partition was committed")
			}
			b.intervene(settle.Intervention{Key: f.key, Action: settle.Skip, TopicID: topicID, To: 1})
			b.reacquire(f, nil)
			b.wantHalt(f, "")
			if f.Offset != 1 {
				t.Errorf("goes on at %d, want 1", f.Offset)
			}
		})
	}
}

// A log that seems to end before the watermark is looked at again once whoever may
// have moved that meanwhile is fenced: then it has its true end, or it halts.
func TestAcquireLooksAgainBehindTheFence(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f := b.acquire(0)
	before := f.assignment(nil)
	b.settle(f.next(pay("o-1", "alice", 1)))
	epoch := b.lookAgain(before)
	b.wantHalt(f, "")
	if _, err := b.settler.Settle(t.Context(), []settle.Slice{f.next(pay("o-2", "alice", 1))}); err == nil {
		t.Error("the former owner still commits")
	}
	behind := f.assignment(nil)
	behind.Fenced = epoch
	f.Position, _ = b.tryAcquire(behind)
	b.wantPosition(f.Position, settle.Position{Offset: 1, LeaderEpoch: 3, Epoch: epoch + 1, SourceID: f.SourceID})
	b.wantCounts(b.settle(f.slice(1, 2)), map[settle.Kind]int64{settle.Applied: 1})

	// A fence is of use once: somebody had the partition since.
	before.Fenced = epoch
	before.Fenced = b.lookAgain(before)
	if _, halt := b.tryAcquire(before); halt == nil || halt.Reason != settle.HaltBeyondLogEnd {
		t.Errorf("halted for %v, want %s", halt, settle.HaltBeyondLogEnd)
	}
	b.wantHalt(f, settle.HaltBeyondLogEnd)
}

// lookAgain is the epoch under which the log is to be looked at again.
func (b *bench) lookAgain(a settle.Assignment) int64 {
	b.t.Helper()
	_, err := settle.Acquire(b.t.Context(), b.worker, a)
	var again *settle.LookAgainError
	if !errors.As(err, &again) {
		b.t.Fatalf("acquire: %v, want that the log is to be looked at again", err)
	}
	return again.Epoch
}

// A halt by a worker that no longer owns the partition is not recorded: it is
// the new owner's to judge.
func TestHaltByAFormerOwner(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f := b.acquire(0)
	former := f.Epoch
	b.reacquire(f, nil)
	before := b.snapshot()
	halt := &settle.HaltError{Reason: "offset_gap", Detail: "?"}
	if err := settle.Halt(t.Context(), b.worker, f.key, former, halt); err != nil {
		t.Fatal(err)
	}
	b.wantUnchanged(before)
	b.settle(f.next(pay("o-1", "alice", 1)))
}

// Of many that take a partition over at the same time, each gets an epoch of
// its own, and the last one owns it.
func TestAcquireAtTheSameTime(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f := &feed{key: settle.Key{Group: group, Topic: topic}}
	const workers = 8
	positions := make(chan settle.Position, workers)
	for range workers {
		go func() {
			position, err := settle.Acquire(t.Context(), b.worker, f.assignment(nil))
			if err != nil {
				t.Error(err)
			}
			positions <- position
		}()
	}
	epochs := make(map[int64]bool)
	for range workers {
		position := <-positions
		epochs[position.Epoch] = true
		if position.Epoch == workers {
			f.Position = position
		}
	}
	if len(epochs) != workers {
		t.Errorf("epochs %v, want %d different ones", epochs, workers)
	}
	b.settle(f.next(pay("o-1", "alice", 1)))
}
