package replay_test

import (
	"fmt"
	"reflect"
	"testing"

	"deductor/consumer"
	"deductor/consumer/settle"
	"deductor/internal/replay"
)

// history produces commands of every outcome to both partitions, some in both.
func (b *bundle) history() {
	b.t.Helper()
	b.kafka.Produce(b.t, 0, pays("a", 20)...)
	b.kafka.Produce(b.t, 0, pay("a-3", "alice"), payOf("a-4", "alice", "9.00", "USD"), "no JSON",
		payOf("y-1", "jun", "100", "JPY"), pay("p-1", "poor"), pay("p-2", "poor"), pay("p-3", "poor"))
	b.kafka.ProduceAborted(b.t, 0, pay("never", "alice"))
	b.kafka.Produce(b.t, 1, pays("b", 10)...)
	b.kafka.Produce(b.t, 1, pay("a-5", "alice"), pay("u-1", "nobody"))
}

// forget takes back, as a database that lost them would, what orders did.
func (b *bundle) forget(orders ...string) {
	b.t.Helper()
	b.exec(`WITH gone AS (DELETE FROM transfer WHERE reference = ANY ($1) RETURNING *),
		p AS (DELETE FROM processed WHERE order_id = ANY ($1)),
		back AS (UPDATE account a SET balance = balance + g.sum
		           FROM (SELECT debit_account, sum(amount) FROM gone GROUP BY 1) g
		          WHERE a.id = g.debit_account)
		UPDATE settlement_stripe s SET balance = balance - g.sum
		  FROM (SELECT credit_account, credit_stripe, sum(amount) FROM gone GROUP BY 1, 2) g
		 WHERE s.account_id = g.credit_account AND s.stripe = g.credit_stripe`, orders)
}

// Promise 3: what a plan says is what its replay does, and a replay changes
// nothing of what had its outcome.
func TestPromise3_ReplayDoesWhatThePlanSays(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.history()
	b.settle()
	if n := b.count("dead_letter"); n != 2 {
		t.Fatalf("%d dead letters, want the conflict and the malformed one", n)
	}
	b.forget("a-7", "a-8", "y-1", "p-2", "u-1") // u-1 was declined
	b.exec("DELETE FROM dead_letter WHERE reason = 'invalid_json'")

	plan := b.mustPlan(replay.ToEarliest())
	want := replay.Counts{
		WouldRead: 39, AlreadyApplied: 31, AlreadyDeclined: 1, AlreadySetAside: 1, WouldApply: 4, WouldDecline: 1,
		Malformed: 1,
		WouldDebit: []replay.Money{
			{Currency: "JPY", Amount: "100", AmountMinor: "100"}, {Currency: "USD", Amount: "3.00", AmountMinor: "300"}},
	}
	if !reflect.DeepEqual(plan.Totals, want) {
		t.Errorf("the plan is\n%+v, want\n%+v", plan.Totals, want)
	}
	if n := b.count("replay"); n != 0 {
		t.Errorf("planning left %d replays", n)
	}
	id := b.apply(plan)
	_, stop := b.work(consumer.Config{})
	state := b.finish(id)
	b.awaitSettled()
	stop()
	done := replay.Progress{Offsets: 41, Done: 41, Records: 39, AlreadyAnswered: 32, AlreadySetAside: 1, Applied: 4,
		Declined: 1, OtherLetters: 1}
	if state.State != replay.Finished || state.Progress != done || !reflect.DeepEqual(state.Planned, want) {
		t.Errorf("the replay came to\n%+v, want\n%+v", state, done)
	}
	if n := b.count("dead_letter"); n != 2 {
		t.Errorf("%d dead letters, want the 2 of before", n)
	}
	b.wantBooks(33)
}

// Promise 2: while the group runs, the owner goes back by itself, and the other
// partition is not disturbed.
func TestPromise2_ReplayWhileTheGroupRuns(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.history()
	w, _ := b.work(consumer.Config{BatchMax: 7})
	b.awaitSettled()
	b.forget("a-7", "b-3")
	if n := b.count("watermark WHERE epoch > 1"); n != 0 {
		t.Fatalf("%d partitions were assigned more than once", n)
	}
	id := b.apply(b.mustPlan(replay.ToOffset(5), 0))
	b.kafka.Produce(t, 0, pays("new", 5)...)
	b.kafka.Produce(t, 1, pays("newer", 5)...)
	state := b.finish(id)
	b.awaitSettled()
	if state.Applied != 1 || state.Conflicts+state.OtherLetters != 0 || state.Done != state.Offsets ||
		state.Partitions[0].FromOffset != 5 {
		t.Errorf("%+v", state)
	}
	if n := w.Counts()[settle.Duplicate]; n < state.AlreadyAnswered {
		t.Errorf("the worker counts %d duplicates, the replay %d", n, state.AlreadyAnswered)
	}
	if n := b.count("watermark WHERE partition = 1 AND epoch > 1"); n != 0 {
		t.Error("partition 1 was assigned anew")
	}
	b.wantBooks(33 + 10 - 1) // b-3 is of the partition that was not replayed
}

// Promise 2: a replay that a worker was in the middle of when it was stopped is
// taken up by the next, and counted to its end.
func TestPromise2_ReplayGoesOnWithAnotherWorker(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.history()
	b.settle()
	b.forget("a-1", "a-18")
	plan := b.mustPlan(replay.ToEarliest())
	a := b.application(plan)
	a.Rate = 20
	id, err := a.Apply(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, stop := b.work(consumer.Config{BatchMax: 2})
	var half replay.State
	eventually(t, "some of it", func() string {
		if half, err = replay.Get(t.Context(), b.db.Pool, id); err != nil || half.Records == 0 {
			return "nothing was read"
		}
		return ""
	})
	stop()
	if half, err = replay.Get(t.Context(), b.db.Pool, id); err != nil || half.State != replay.Running {
		t.Fatalf("it is %+v, %v; want it to run still: its rate is 20/s", half, err)
	}
	if again, err := a.Apply(t.Context()); err == nil {
		t.Errorf("replay %d began beside it", again)
	}
	b.exec("UPDATE replay SET rate = NULL")
	b.work(consumer.Config{})
	state := b.finish(id)
	b.awaitSettled()
	if p := state.Planned; state.Records != p.WouldRead || state.Applied != 2 || p.WouldApply != 2 ||
		state.AlreadyAnswered != p.AlreadyApplied+p.AlreadyDeclined || state.AlreadySetAside != p.AlreadySetAside ||
		state.Declined+state.Conflicts+state.OtherLetters != 0 {
		t.Errorf("it came to %+v, planned %+v", state.Progress, p)
	}
	b.wantBooks(33)
}

// What a plan would pay in one batch is paid in the next: an order that comes
// twice, in both partitions, is new once, and money that is gone is gone.
func TestPromise3_PlanPaysTwiceOnce(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for _, partition := range []int32{0, 1} {
		b.kafka.Produce(t, partition, pay("twice", "alice"))
		b.kafka.Produce(t, partition, pay(fmt.Sprintf("p-%d", partition), "poor"),
			pay(fmt.Sprintf("q-%d", partition), "poor"))
	}
	b.settle()
	b.forget("twice", "p-0", "p-1", "q-0", "q-1")
	plan := b.mustPlan(replay.ToEarliest())
	if n := plan.Totals; n.WouldApply != 3 || n.AlreadyApplied != 1 || n.WouldDecline != 2 {
		t.Errorf("the plan is %+v, want 3 to be paid (poor has 2.50), 1 a duplicate, 2 declined", n)
	}
	id := b.apply(plan)
	b.work(consumer.Config{})
	state := b.finish(id)
	if state.Applied != 3 || state.AlreadyAnswered != 1 || state.Declined != 2 {
		t.Errorf("it came to %+v", state.Progress)
	}
	b.wantBooks(3)
}
