package settle_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
	"deductor/dedupe"
)

// replay sends a partition back, as it stands.
func (b *bench) replay(f *feed, to int64, change func(*settle.NewReplay)) (int64, error) {
	b.t.Helper()
	standing, obstacle, err := settle.FindStanding(b.t.Context(), b.admin, f.key, topicID)
	if err != nil {
		b.t.Fatal(err)
	}
	if obstacle != "" {
		b.t.Logf("in the way: %s", obstacle)
	}
	r := settle.NewReplay{
		Group: group, Topic: topic, TopicID: topicID, Target: "--to-offset", Plan: []byte("{}"), Actor: "me", Reason: "INC-7",
		Partitions: []settle.ReplayTarget{{Partition: f.key.Partition, To: to, Planned: standing}},
	}
	if change != nil {
		change(&r)
	}
	var id int64
	err = pgx.BeginFunc(b.t.Context(), b.admin, func(tx pgx.Tx) (err error) {
		id, err = settle.StartReplay(b.t.Context(), tx, r)
		return err
	})
	return id, err
}

func (b *bench) mustReplay(f *feed, to int64) int64 {
	b.t.Helper()
	id, err := b.replay(f, to, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

// replayed is a partition of a replay.
func (b *bench) replayed(id int64) settle.ReplayPartition {
	b.t.Helper()
	r, found, err := settle.FindReplay(b.t.Context(), b.admin, id)
	if err != nil || !found || len(r.Partitions) != 1 {
		b.t.Fatalf("replay %d: %+v, %v", id, r, err)
	}
	return r.Partitions[0]
}

// Promise 2: a batch that was read before a replay began can't put the watermark
// behind what the replay is to read, wherever the batch begins.
func TestPromise2_ReplayIsNotUndoneByABatchInHand(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 1000))
	f := b.acquire(0)
	b.settle(f.next(pay("o-0", "alice", 1), pay("o-1", "alice", 1), pay("o-2", "alice", 1)))
	before := *f
	id := b.mustReplay(f, 1)
	b.wantWatermark(f, 1)
	f.put(pay("o-3", "alice", 1))
	before.records = f.records
	loss := settle.Loss{Key: f.key, Epoch: 1, StoredEpoch: 2, Start: 3, NextOffset: 1}
	b.wantFenced([]settle.Loss{loss}, before.slice(3, 4))
	// One that begins before the replay does, as after a group's offsets were reset.
	loss.Start = 0
	b.wantFenced([]settle.Loss{loss}, before.slice(0, 4))
	b.wantWatermark(f, 1)

	b.reacquire(f, nil)
	if f.Offset != 1 || f.Replay != (settle.Replaying{ID: id, Until: 3}) || f.LeaderEpoch != -1 {
		t.Fatalf("acquired at %+v, want offset 1 and the replay", f.Position)
	}
	b.wantCounts(b.settle(f.replaying(1, 4)), map[settle.Kind]int64{settle.Duplicate: 2, settle.Applied: 1})
	if p := b.replayed(id); p.Next != 3 || p.FinishedAt == nil || p.Records != 2 || p.AlreadyAnswered != 2 || p.Applied != 0 {
		t.Errorf("the replay's counts are %+v: o-3 is behind it", p)
	}
	b.audit()
}

// replaying is slice as a worker under a replay has it.
func (f *feed) replaying(start, end int64) settle.Slice {
	slice := f.slice(start, end)
	slice.Replay = f.Replay
	return slice
}

// What is settled again, because nobody knows whether it was committed, is
// counted once: whole, and in parts.
func TestReplayCountsOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 1000))
	f := b.acquire(0)
	b.settle(f.next(pay("o-0", "alice", 1), marker, pay("o-1", "alice", 1), raw("?"), pay("o-0", "alice", 2), marker))
	b.exec("DELETE FROM dead_letter WHERE reason = 'order_conflict'")
	id := b.mustReplay(f, 0)
	b.reacquire(f, nil)
	for _, part := range [][2]int64{{0, 3}, {0, 3}, {0, 5}, {3, 5}, {0, 6}} {
		b.settle(f.replaying(part[0], part[1]))
	}
	got := b.replayed(id)
	got.UpdatedAt, got.ReadAt = time.Time{}, time.Time{}
	if got.FinishedAt == nil {
		t.Error("it did not finish")
	}
	got.FinishedAt = nil
	want := settle.ReplayPartition{Until: 6, Next: 6, Records: 4, AlreadyAnswered: 2, AlreadySetAside: 1, Conflicts: 1}
	if got != want {
		t.Errorf("counts are %+v, want %+v", got, want)
	}
	b.wantDeadLetters("0@3 invalid_json -", "0@4 order_conflict o-0")
}

// A replay is refused when things are not as they were planned.
func TestReplayRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before func(*bench, *feed)
		change func(*bench, *feed, *settle.NewReplay)
		why    string
	}{
		"another topic id": {
			change: func(_ *bench, _ *feed, r *settle.NewReplay) { r.TopicID[0]++ }, why: "created again"},
		"not read": {
			change: func(_ *bench, _ *feed, r *settle.NewReplay) { r.Partitions[0].Partition = 7 }, why: "knows nothing of it"},
		"forward": {
			change: func(_ *bench, _ *feed, r *settle.NewReplay) { r.Partitions[0].To = 3 }, why: "is not below its watermark, 3"},
		"a lower epoch": {
			change: func(b *bench, _ *feed, _ *settle.NewReplay) { b.exec("UPDATE watermark SET epoch = 0") }, why: "put back"},
		"a lower watermark": {
			change: func(b *bench, _ *feed, _ *settle.NewReplay) { b.exec("UPDATE watermark SET next_offset = 2") },
			why:    "its watermark was 3 and is 2"},
		"halted": {
			before: func(b *bench, f *feed) {
				halt := &settle.HaltError{Reason: "offset_gap", Detail: "2 is missing"}
				if err := settle.Halt(b.t.Context(), b.admin, f.key, f.Epoch, halt); err != nil {
					b.t.Fatal(err)
				}
			}, why: "it is halted (offset_gap: 2 is missing)"},
		"another one running": {
			before: func(b *bench, f *feed) { b.mustReplay(f, 2) }, why: "replay 1 is running on it"},
		"another one since": {
			change: func(b *bench, f *feed, _ *settle.NewReplay) {
				id := b.mustReplay(f, 2)
				b.reacquire(f, nil)
				b.settle(f.replaying(2, 3))
				if b.replayed(id).FinishedAt == nil {
					b.t.Error("the other one did not finish")
				}
			}, why: "replay 1 ran on it since the plan was made"},
		"a skip since": {
			change: func(b *bench, f *feed, _ *settle.NewReplay) {
				b.intervene(settle.Intervention{
					Key: f.key, Action: settle.Skip, TopicID: topicID, To: 3, Actor: "me", Reason: "x"})
				b.exec("UPDATE partition_intervention SET done_at = now()")
			}, why: "intervention 1 (partition skip or adopt) moved it"},
		"a prune since": {
			change: func(b *bench, _ *feed, _ *settle.NewReplay) {
				if err := settle.RecordHorizon(b.t.Context(), b.admin,
					dedupe.Horizon{Before: time.Now().Add(-time.Hour), Actor: "me", Reason: "x"}); err != nil {
					b.t.Fatal(err)
				}
			}, why: "pruned since the plan was made"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, customer("alice", 1000))
			f := b.acquire(0)
			b.settle(f.next(pay("o-0", "alice", 1), pay("o-1", "alice", 1), pay("o-2", "alice", 1)))
			if test.before != nil {
				test.before(b, f)
			}
			_, err := b.replay(f, 1, func(r *settle.NewReplay) {
				if test.change != nil {
					test.change(b, f, r)
				}
			})
			var refused *settle.RefusedError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), test.why) {
				t.Errorf("error %v, want a refusal: %s", err, test.why)
			}
		})
	}
}

// An operator who moves a partition on ends its replay.
func TestInterventionEndsAReplay(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 1000))
	f := b.acquire(0)
	b.settle(f.next(pay("o-0", "alice", 1), pay("o-1", "alice", 1)))
	id := b.mustReplay(f, 0)
	b.intervene(settle.Intervention{Key: f.key, Action: settle.Skip, TopicID: topicID, To: 2, Actor: "me", Reason: "enough"})
	if p := b.replayed(id); !p.Interrupted() {
		t.Errorf("the replay is %+v, want it interrupted", p)
	}
	b.reacquire(f, nil)
	if f.Replay.ID != 0 || f.Offset != 2 {
		t.Errorf("acquired at %+v", f.Position)
	}
}

// Retention that passes a replay says so.
func TestReplayBehindRetentionHalts(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 1000))
	f := b.acquire(0)
	b.settle(f.next(pay("o-0", "alice", 1), pay("o-1", "alice", 1)))
	b.mustReplay(f, 0)
	a := f.assignment(nil)
	a.LogStart = 1
	_, err := settle.Acquire(t.Context(), b.worker, a)
	var halt *settle.HaltError
	if !errors.As(err, &halt) || halt.Reason != settle.HaltRetentionGap || !strings.Contains(halt.Detail, "replay 1") {
		t.Errorf("error %v, want a retention gap that names the replay", err)
	}
}
