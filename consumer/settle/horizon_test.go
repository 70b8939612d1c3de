package settle_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/settle"
	"deductor/dedupe"
)

// horizon is after the time that raw gives to records.
var horizon = time.UnixMilli(1_700_000_000_001).UTC()

func occurred(at string) func(map[string]any) {
	return func(fields map[string]any) { fields["occurred_at"] = at }
}

// of gives a record its timestamp.
func of(at time.Time, record *kgo.Record) *kgo.Record {
	record.Timestamp = at
	return record
}

// recording puts a horizon in force, in a goroutine of its own.
func (b *bench) recording(before time.Time) (ended chan error) {
	ended = make(chan error, 1)
	go func() {
		ended <- settle.RecordHorizon(context.Background(), b.admin,
			dedupe.Horizon{Before: before, Actor: "operator@host", Reason: "kept long"})
	}()
	return ended
}

func (b *bench) recordHorizon(before time.Time) {
	b.t.Helper()
	if err := <-b.recording(before); err != nil {
		b.t.Fatal(err)
	}
}

// forget deletes what a prune would: the order from before the horizon.
func (b *bench) forget(id string) {
	b.t.Helper()
	b.exec("UPDATE transfer SET posted_at = $1 WHERE reference = $2", horizon.Add(-time.Microsecond), id)
	b.exec("DELETE FROM processed WHERE order_id = $1", id)
}

// awaitBlocked waits until a statement waits for a lock.
func (b *bench) awaitBlocked(like string) {
	b.t.Helper()
	b.eventually(like+" waits for a lock", func() bool {
		return b.row(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
		                 AND wait_event_type = 'Lock' AND query LIKE $1`, like+"%") == "1"
	})
}

func TestPromise1_NewCommandFromBeforeTheHorizonIsTooOld(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 1000))
	f := b.acquire(0)
	b.settle(f.next(pay("known", "alice", 1), pay("declined", "nobody", 1)))
	b.recordHorizon(horizon)
	b.reacquire(f, nil)
	young := horizon.Add(time.Millisecond)
	counts := b.settle(f.next(
		pay("known", "alice", 1),
		pay("declined", "nobody", 1),
		pay("declined", "alice", 1, attempt(2)),
		pay("known", "alice", 2),
		pay("old-record", "alice", 1),
		of(horizon.Truncate(time.Millisecond), pay("at-the-horizon", "alice", 1)),
		of(young, pay("young", "alice", 1)),
		of(young, pay("old-occurred", "alice", 1, occurred("2023-11-14T22:13:20.000999Z"))),
		of(young, pay("young-occurred", "alice", 1, occurred("2023-11-14T22:13:20.001Z"))),
		of(time.UnixMilli(-1), pay("untimed", "alice", 1)),
		pay("old-record", "alice", 1),
		of(young, pay("old-occurred", "alice", 1)),
	))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 4, settle.Duplicate: 2, settle.DeadLettered: 6})
	b.wantDeadLetters("0@4 too_old declined", "0@5 order_conflict known", "0@6 too_old old-record",
		"0@9 too_old old-occurred", "0@11 too_old untimed", "0@12 too_old old-record")
	for id, want := range map[string]int{"known": 1, "old-record": 0, "untimed": 0, "young": 1, "at-the-horizon": 1,
		"young-occurred": 1, "old-occurred": 1} {
		b.wantTransfers(id, want)
	}
	details := b.rows("SELECT detail FROM dead_letter WHERE order_id IN ('old-occurred', 'untimed') ORDER BY id")
	for i, want := range []string{"occurred_at 2023-11-14T22:13:20.000999Z is before 2023-11-14T22:13:20.001Z",
		"the record's timestamp 1969-12-31T23:59:59.999Z is before"} {
		if !strings.Contains(details[i], want) {
			t.Errorf("%s, want %s", details[i], want)
		}
	}
	b.audit()
}

// A worker that was in the middle of a transaction, and had fetched more, when
// the horizon was put in force: the one is waited for, the other fenced off.
func TestPromise1_HorizonWaitsForTransactionsAndFencesOffTheRest(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 1000))
	f := b.acquire(0)
	inHand, fetched := f.next(pay("in-hand", "alice", 1)), f.next(pay("fetched", "alice", 1))
	release := b.lock("alice")
	settling := start(t.Context(), t, b.settler, inHand)
	b.awaitBlocked("")
	recording := b.recording(horizon)
	b.awaitBlocked("LOCK TABLE watermark")
	if got := b.row("SELECT count(*) FROM processed_horizon"); got != "0" {
		t.Error("the horizon is in force while a transaction that does not know it is under way")
	}
	release()
	if counts, err := settling.wait(t); err != nil || counts[settle.Applied] != 1 {
		t.Errorf("the batch in hand: %v, %v", counts, err)
	}
	if err := <-recording; err != nil {
		t.Fatal(err)
	}
	b.wantFenced([]settle.Loss{{Key: f.key, Epoch: 1, StoredEpoch: 2, Start: 1, NextOffset: 1}}, fetched)
	b.reacquire(f, nil)
	b.settle(f.slice(1, 2))
	b.wantDeadLetters("0@1 too_old fetched")
}

// The horizon's locks are in nobody's way as long as it waits.
func TestHorizonIsNoSideOfADeadlock(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.acquire(0)
	b.acquire(1)
	worker, err := b.worker.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = worker.Rollback(context.Background()) }()
	const move = "UPDATE watermark SET updated_at = now() WHERE partition = $1"
	if _, err := worker.Exec(t.Context(), move, 1); err != nil {
		t.Fatal(err)
	}
	recording := b.recording(horizon)
	b.awaitBlocked("")
	if _, err := worker.Exec(t.Context(), move, 0); err != nil {
		t.Errorf("the worker's second partition: %v", err)
	}
	if err := worker.Commit(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-recording; err != nil {
		t.Error(err)
	}
}

func TestLowerHorizonChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.acquire(0)
	b.recordHorizon(horizon)
	b.reacquire(f, nil)
	var passed *dedupe.HorizonError
	if err := <-b.recording(horizon.Add(-time.Second)); !errors.As(err, &passed) {
		t.Errorf("a lower horizon: %v", err)
	}
	b.settle(f.next(marker)) // the worker was not fenced for it
}

func TestAuditAfterPrune(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 1000))
	f := b.acquire(0)
	b.settle(f.next(pay("old", "alice", 1), pay("old-lost", "alice", 1), pay("wrong", "alice", 1),
		pay("lost", "alice", 1)))
	b.recordHorizon(horizon)
	b.forget("old")
	b.audit()

	// As old as the horizon, or recorded with another transfer: still findings.
	b.forget("old-lost")
	b.exec("UPDATE transfer SET posted_at = $1 WHERE reference = 'old-lost'", horizon)
	b.exec("UPDATE transfer SET posted_at = $1 WHERE reference = 'wrong'", horizon.Add(-time.Hour))
	b.exec("UPDATE processed SET ref_id = ref_id + 1000 WHERE order_id = 'wrong'")
	b.exec("DELETE FROM processed WHERE order_id = 'lost'")
	checks, _, err := settle.Audit(t.Context(), b.admin, 10)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, finding := range checks[len(checks)-1].Findings {
		found = append(found, finding.Detail)
	}
	got := strings.Join(found, "\n")
	for _, want := range []string{"order old-lost has no record", "order lost has no record",
		"order wrong is recorded with transfer"} {
		if !strings.Contains(got, want) || len(found) != 3 {
			t.Errorf("findings are\n%s\nwant %s", got, want)
		}
	}
}

func TestFindOrderThatMayHaveBeenPruned(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.acquire(0)
	b.recordHorizon(horizon)
	b.reacquire(f, nil)
	b.settle(f.next(pay("set-aside", "alice", 1)))
	_, err := settle.FindOrder(t.Context(), b.admin, "never")
	const want = `order "never" is not known; orders from before 2023-11-14T22:13:20.001Z were pruned on 20`
	var unknown *settle.UnknownOrderError
	if !errors.As(err, &unknown) || !strings.HasPrefix(err.Error(), want) ||
		!strings.Contains(err.Error(), " by operator@host") {
		t.Errorf("never: %v", err)
	}
	order, err := settle.FindOrder(t.Context(), b.admin, "set-aside")
	if err != nil || order.Decided || order.Horizon == nil || len(order.DeadLetters) != 1 {
		t.Errorf("set-aside: %+v, %v", order, err)
	}
}

func TestReadersAndDeadLetterOrders(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.acquire(3)
	b.settle(f.next(raw("?"), pay("b", "alice", 1, currency("???")), pay("a", "alice", 1, currency("???")),
		pay("b", "bob", 1, currency("???"))))
	b.exec("INSERT INTO partition_halt (consumer_group, topic, partition, reason, detail) VALUES ('g', 't', 0, 'r', 'd')")
	for after, want := range map[string]string{"": "[a]", "a": "[b]", "b": "[]"} {
		if ids, err := settle.DeadLetterOrders(t.Context(), b.admin, after, 1); err != nil || fmt.Sprint(ids) != want {
			t.Errorf("after %q: %v, %v, want %s", after, ids, err, want)
		}
	}
	readers, err := settle.Readers(t.Context(), b.admin)
	if err != nil || fmt.Sprint(readers) != "[{workers payments} {g t}]" {
		t.Errorf("readers are %v, %v", readers, err)
	}
	sources, err := settle.Sources(t.Context(), b.admin)
	if err != nil || len(sources) != 1 || sources[0] != (settle.Source{
		ID: f.SourceID, Topic: topic, TopicID: topicID, Partition: 3}) {
		t.Errorf("sources are %+v, %v", sources, err)
	}
}
