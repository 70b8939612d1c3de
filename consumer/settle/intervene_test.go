package settle_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
)

// intervene does what an operator does, and returns the watermark before.
func (b *bench) intervene(i settle.Intervention) (from *int64) {
	b.t.Helper()
	from, err := b.tryIntervene(i)
	if err != nil {
		b.t.Fatalf("intervene: %v", err)
	}
	return from
}

func (b *bench) tryIntervene(i settle.Intervention) (from *int64, err error) {
	i.Actor, i.Reason = "operator@host", "ticket 7"
	err = pgx.BeginFunc(b.t.Context(), b.admin, func(tx pgx.Tx) error {
		from, err = settle.Intervene(b.t.Context(), tx, i)
		return err
	})
	return from, err
}

func (b *bench) wantInterventions(want ...string) {
	b.t.Helper()
	got := b.rows(`
		SELECT format('%s %s to %s by %s: %s, %s', action, coalesce(from_offset::text, '?'), to_offset, actor, reason,
		              CASE WHEN done_at IS NULL THEN 'pending' ELSE 'done' END)
		  FROM partition_intervention ORDER BY id`)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		b.t.Errorf("interventions\n%q, want\n%q", got, want)
	}
}

func TestInterventionIsPendingUntilDone(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f := b.acquire(0)
	b.settle(f.next(pay("o-1", "alice", 1), raw("?"), pay("o-2", "alice", 1)))
	from := b.intervene(settle.Intervention{Key: f.key, Action: settle.Skip, TopicID: topicID, To: 1})
	if from == nil || *from != 3 {
		t.Errorf("from offset %v, want 3", from)
	}
	b.wantWatermark(f, 1)
	b.wantInterventions("skip 3 to 1 by operator@host: ticket 7, pending")
	b.wantFenced([]settle.Loss{{Key: f.key, Epoch: 1, StoredEpoch: 2, Start: 3, NextOffset: 1}}, f.next(marker))

	// It wins over a committed offset that is lower, and one that is higher,
	// each time until the group's offset has followed.
	for i, committed := range []*int64{offset(0), nil, offset(4)} {
		b.reacquire(f, committed)
		want := settle.Position{Offset: 1, LeaderEpoch: -1, Epoch: int64(3 + i), SourceID: f.SourceID,
			InterventionID: f.InterventionID}
		b.wantPosition(f.Position, want)
		if f.InterventionID == 0 {
			t.Error("the position does not name the intervention")
		}
	}
	b.settle(f.slice(1, 4))
	if err := settle.InterventionDone(t.Context(), b.worker, f.InterventionID); err != nil {
		t.Fatal(err)
	}
	b.wantInterventions("skip 3 to 1 by operator@host: ticket 7, done")
	b.reacquire(f, nil)
	b.wantPosition(f.Position, settle.Position{Offset: 4, LeaderEpoch: 3, Epoch: 6, SourceID: f.SourceID})
}

func TestInterventionReplacesAPendingOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.acquire(0)
	f.put(marker, marker, marker)
	b.intervene(settle.Intervention{Key: f.key, Action: settle.Skip, TopicID: topicID, To: 3})
	b.intervene(settle.Intervention{Key: f.key, Action: settle.Skip, TopicID: topicID, To: 2})
	b.wantInterventions("skip 0 to 3 by operator@host: ticket 7, done", "skip 3 to 2 by operator@host: ticket 7, pending")
	b.reacquire(f, nil)
	if f.Offset != 2 {
		t.Errorf("goes on at %d, want 2", f.Offset)
	}
}

// A decision is of no use when records that it wanted read are gone.
func TestInterventionBelowTheLogsStart(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.acquire(0)
	b.intervene(settle.Intervention{Key: f.key, Action: settle.Skip, TopicID: topicID, To: 2})
	gone := f.assignment(nil)
	gone.LogStart, gone.LogEnd = 3, 9
	if _, halt := b.tryAcquire(gone); halt == nil || halt.Reason != settle.HaltRetentionGap {
		t.Errorf("halted for %v, want %s", halt, settle.HaltRetentionGap)
	}
	b.wantInterventions("skip 0 to 2 by operator@host: ticket 7, pending")
}

func TestAdoptWhatTheDatabaseDoesNotKnow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := &feed{key: settle.Key{Group: group, Topic: topic}}
	known := f.assignment(offset(7))
	known.LogEnd = 9
	if _, halt := b.tryAcquire(known); halt == nil {
		t.Fatal("did not halt")
	}
	if from := b.intervene(settle.Intervention{Key: f.key, Action: settle.Adopt, TopicID: topicID, To: 7}); from != nil {
		t.Errorf("from offset %d, want none", *from)
	}
	b.wantInterventions("adopt ? to 7 by operator@host: ticket 7, pending")
	got, halt := b.tryAcquire(known)
	if halt != nil {
		t.Fatal(halt)
	}
	b.wantPosition(got, settle.Position{Offset: 7, LeaderEpoch: -1, Epoch: 2, SourceID: got.SourceID,
		InterventionID: got.InterventionID})
	b.wantWatermark(f, 7)
	b.wantHalt(f, "")
}

// A topic that was created again has other records under the same offsets: its
// partitions are other sources.
func TestAdoptARecreatedTopic(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f := b.acquire(0)
	b.settle(f.next(raw("old"), pay("o-1", "alice", 1)))
	renewed := settle.Assignment{Key: f.key, Owner: "worker-1", TopicID: [16]byte{0xff}, LogEnd: 1}
	if _, halt := b.tryAcquire(renewed); halt == nil || halt.Reason != settle.HaltTopicRecreated {
		t.Fatalf("halted for %v, want %s", halt, settle.HaltTopicRecreated)
	}
	b.intervene(settle.Intervention{Key: f.key, Action: settle.Adopt, TopicID: renewed.TopicID, To: 0})
	old := f.SourceID
	got, halt := b.tryAcquire(renewed)
	if halt != nil || got.Offset != 0 || got.SourceID == old {
		t.Fatalf("position %+v, halt %v; want offset 0 of another source than %d", got, halt, old)
	}
	again := &feed{key: f.key, Position: got}
	counts := b.settle(again.next(raw("new"), pay("o-1", "alice", 1)))
	b.wantCounts(counts, map[settle.Kind]int64{settle.DeadLettered: 1, settle.Duplicate: 1})
	values := b.rows("SELECT convert_from(record_value, 'UTF8') FROM dead_letter ORDER BY id")
	if strings.Join(values, " ") != "old new" {
		t.Errorf("dead letters %q, want both topics'", values)
	}
	b.wantWatermark(again, 2)
	// The old topic's id is now the one that does not fit.
	if _, halt := b.tryAcquire(f.assignment(nil)); halt == nil || halt.Reason != settle.HaltTopicRecreated {
		t.Errorf("halted for %v, want %s", halt, settle.HaltTopicRecreated)
	}
}

// An intervention for a topic that was since created again decides nothing.
func TestInterventionForAnotherTopicID(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.acquire(0)
	f.put(marker, marker)
	b.intervene(settle.Intervention{Key: f.key, Action: settle.Skip, TopicID: topicID, To: 2})
	renewed := f.assignment(nil)
	renewed.TopicID = [16]byte{2}
	if _, halt := b.tryAcquire(renewed); halt == nil || halt.Reason != settle.HaltTopicRecreated {
		t.Errorf("halted for %v, want %s", halt, settle.HaltTopicRecreated)
	}
}

func TestInterventionsThatAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.acquire(0)
	unknown := settle.Key{Group: group, Topic: topic, Partition: 9}
	tests := []struct {
		name         string
		intervention settle.Intervention
		advice       string
	}{
		{"skip of what the database does not know",
			settle.Intervention{Key: unknown, Action: settle.Skip, TopicID: topicID, To: 1}, "use partition adopt"},
		{"skip in a recreated topic",
			settle.Intervention{Key: f.key, Action: settle.Skip, TopicID: [16]byte{2}, To: 1}, "use partition adopt"},
		{"adopt of what it knows",
			settle.Intervention{Key: f.key, Action: settle.Adopt, TopicID: topicID, To: 1}, "use partition skip"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := b.with(t)
			before := b.snapshot()
			_, err := b.tryIntervene(test.intervention)
			var refused *settle.RefusedError
			if !errors.As(err, &refused) || refused.Key != test.intervention.Key {
				t.Fatalf("error %v, want a RefusedError of the partition", err)
			}
			if !strings.Contains(err.Error(), test.advice) {
				t.Errorf("error %q does not say %q", err, test.advice)
			}
			b.wantUnchanged(before)
		})
	}
}

// The worker's role may not intervene: that is for operators.
func TestWorkersDoNotIntervene(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.acquire(0)
	err := pgx.BeginFunc(t.Context(), b.worker, func(tx pgx.Tx) error {
		_, err := settle.Intervene(t.Context(), tx, settle.Intervention{
			Key: f.key, Action: settle.Skip, TopicID: topicID, To: 1, Actor: "worker", Reason: "none"})
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("error %v, want permission denied", err)
	}
}
