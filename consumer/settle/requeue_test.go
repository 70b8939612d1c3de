package settle_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
	"deductor/ledger"
)

// connectAdmin opens a connection as operators do.
func (b *bench) connectAdmin(ctx context.Context) (*pgx.Conn, error) {
	return pgx.ConnectConfig(ctx, b.admin.Config().ConnConfig)
}

// operator is somebody who requeues; trouble fails the test.
func (b *bench) operator(t *testing.T) *settle.Requeuer {
	config := b.untroubled()
	config.Connect = b.connectAdmin
	return &settle.Requeuer{Settler: closing(t, config), Handling: settle.NewHandling("operator@host", "ticket 7")}
}

// choose returns the letters that pass a filter, whole.
func (b *bench) choose(filter settle.DeadLetterFilter) (letters []*settle.DeadLetterContent) {
	b.t.Helper()
	found, err := settle.DeadLetters(b.t.Context(), b.admin, filter)
	if err != nil {
		b.t.Fatal(err)
	}
	var ids []int64
	for _, letter := range found {
		ids = append(ids, letter.ID)
	}
	if err := settle.ReadDeadLetters(b.t.Context(), b.admin, ids, func(letter *settle.DeadLetterContent) error {
		letters = append(letters, letter)
		return nil
	}); err != nil {
		b.t.Fatal(err)
	}
	return letters
}

// requeue requeues what passes a filter, and prints what became of each order.
func (b *bench) requeue(operator *settle.Requeuer, filter settle.DeadLetterFilter) string {
	b.t.Helper()
	return b.requeueThese(operator, b.choose(filter))
}

func (b *bench) requeueThese(operator *settle.Requeuer, letters []*settle.DeadLetterContent) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	results, err := operator.Requeue(ctx, letters)
	if err != nil {
		b.t.Fatalf("requeue: %v", err)
	}
	orders := make(map[int64]string)
	for _, letter := range letters {
		orders[letter.ID] = letter.OrderID
	}
	var lines []string
	for _, result := range results {
		reason, _, _ := strings.Cut(result.Detail, ":")
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", orders[result.ID], result.Outcome, reason)))
	}
	return strings.Join(lines, ", ")
}

func (b *bench) discard(ids ...int64) []int64 {
	b.t.Helper()
	discarded, err := settle.Discard(b.t.Context(), b.admin, ids, settle.NewHandling("operator@host", "ticket 8"))
	if err != nil {
		b.t.Fatal(err)
	}
	return discarded
}

// wantActions compares all that was done to dead letters.
func (b *bench) wantActions(want ...string) {
	b.t.Helper()
	got := b.rows(`SELECT format('%s@%s %s %s by %s, %s, %s', s.partition, d.record_offset, a.action,
	                             coalesce(a.outcome, '-'), a.actor, a.reason, coalesce(d.resolution, 'open'))
	                 FROM dead_letter_action a JOIN dead_letter d ON d.id = a.dead_letter_id
	                 JOIN source s ON s.id = d.source_id
	                ORDER BY a.id`)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		b.t.Errorf("actions\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// rich has room for no more than 10 minor units.
var rich = ledger.NewAccount{Name: "rich", Currency: "USD", Kind: ledger.Customer, Balance: math.MaxInt64 - 10}

// setAside are two commands that find no room on rich's account, which then
// makes room for them.
func (b *bench) setAside(f *feed) {
	b.t.Helper()
	b.wantCounts(b.settle(f.next(pay("over-1", "alice", 20, credit("rich")), pay("over-2", "alice", 90, credit("rich")))),
		map[settle.Kind]int64{settle.DeadLettered: 2})
	b.settle(f.next(pay("room", "rich", 1000)))
}

// Promises 2 and 3: a dead letter is the one recorded outcome of its record.
// Read again, it is not decided anew, although it could be applied now.
func TestPromise3_DeadLetterIsTheAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100), rich)
	f := b.acquire(0)
	b.setAside(f)
	replay := func(want map[settle.Kind]int64) {
		t.Helper()
		b.wantCounts(b.settle(f.all()), want)
	}
	replay(map[settle.Kind]int64{settle.DeadLettered: 2, settle.Duplicate: 1})
	b.wantOrder("over-1", "")

	// Another record that asks for the same is decided by itself.
	b.wantCounts(b.settle(f.next(pay("over-2", "alice", 90, credit("rich")))), map[settle.Kind]int64{settle.Applied: 1})
	letters := b.choose(settle.DeadLetterFilter{})
	b.discard(letters[0].ID)
	replay(map[settle.Kind]int64{settle.DeadLettered: 2, settle.Duplicate: 2})
	b.wantOrder("over-1", "")
	if got := b.requeue(b.operator(t), settle.DeadLetterFilter{}); got != "over-1 skipped, over-2 duplicate" {
		t.Errorf("requeued: %s", got)
	}
	b.wantOrder("over-1", "")
	replay(map[settle.Kind]int64{settle.DeadLettered: 1, settle.Duplicate: 3})
	b.wantTransfers("over-1", 0)
	b.wantTransfers("over-2", 1)
	b.audit()
}

func TestRequeue(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100), rich)
	f := b.acquire(0)
	b.setAside(f)
	b.settle(f.next(pay("o", "alice", 5), pay("o", "alice", 6), raw(`{"order_id":"bad","account":"alice"}`)))
	const all = "over-1 applied, over-2 declined, o refused order_conflict, bad refused missing_field"

	rehearsal := b.operator(t)
	rehearsal.Rehearsal = true
	before := b.snapshot()
	if got := b.requeue(rehearsal, settle.DeadLetterFilter{}); got != all {
		t.Errorf("rehearsed: %s, want %s", got, all)
	}
	b.wantUnchanged(before)

	if got := b.requeue(b.operator(t), settle.DeadLetterFilter{}); got != all {
		t.Errorf("requeued: %s, want %s", got, all)
	}
	b.wantOrder("over-1", "applied attempt 1 at 0@0: 20 USD from alice to rich")
	b.wantOrder("over-2", "declined attempt 1 at 0@1: insufficient_funds")
	b.wantDifference(4, "the order is known with another amount_minor",
		`{"amount_minor": {"stored": "5", "received": "6"}}`)
	first := []string{
		"0@0 requeue applied by operator@host, ticket 7, requeued",
		"0@1 requeue declined by operator@host, ticket 7, requeued",
		"0@4 requeue refused by operator@host, ticket 7, open",
		"0@5 requeue refused by operator@host, ticket 7, open",
	}
	b.wantActions(first...)

	const again = "over-1 skipped, over-2 skipped, o refused order_conflict, bad refused missing_field"
	if got := b.requeue(b.operator(t), settle.DeadLetterFilter{}); got != again {
		t.Errorf("requeued again: %s, want %s", got, again)
	}
	b.wantActions(append(first, first[2:]...)...)
	b.wantTransfers("over-1", 1)
	b.wantWatermark(f, f.end())
	b.audit()
}

func TestDiscard(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f := b.acquire(0)
	b.settle(f.next(raw("?"), raw("!")))
	letters := b.choose(settle.DeadLetterFilter{})
	one, two := letters[0].ID, letters[1].ID
	if got := fmt.Sprint(b.discard(two)); got != fmt.Sprint([]int64{two}) {
		t.Errorf("discarded %s", got)
	}
	if got := fmt.Sprint(b.discard(one, two)); got != fmt.Sprint([]int64{one}) {
		t.Errorf("discarded %s, want the one that was open", got)
	}
	const by = " discard - by operator@host, ticket 8, discarded"
	b.wantActions("0@1"+by, "0@0"+by)
	actions, err := settle.LetterActions(t.Context(), b.admin, one)
	if err != nil || len(actions) != 1 || actions[0].Action != "discard" || actions[0].Reason != "ticket 8" {
		t.Errorf("actions %+v, %v", actions, err)
	}
}

// The worker's role sets records aside, and resolves none.
func TestWorkerRoleCannotResolveDeadLetters(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.settle(b.acquire(0).next(raw("?")))
	for _, sql := range []string{
		"UPDATE dead_letter SET resolution = 'discarded', resolved_at = now()",
		"DELETE FROM dead_letter",
		"SELECT FROM dead_letter FOR UPDATE",
		"DELETE FROM dead_letter_action",
		"INSERT INTO dead_letter_action (dead_letter_id, command_id, action, actor, reason) " +
			"SELECT id, gen_random_uuid(), 'discard', 'worker', 'none' FROM dead_letter",
	} {
		if _, err := b.worker.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s: error %v, want insufficient_privilege", sql, err)
		}
	}
}

// A database that was made to forget its rules keeps one: a letter is resolved
// once.
func TestDeadLetterIsResolvedOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.settle(b.acquire(0).next(raw("?")))
	b.discard(b.choose(settle.DeadLetterFilter{})[0].ID)
	_, err := b.admin.Exec(t.Context(), `INSERT INTO dead_letter_action
		(dead_letter_id, command_id, action, outcome, actor, reason)
		SELECT id, gen_random_uuid(), 'requeue', 'applied', 'somebody', 'else' FROM dead_letter`)
	if err == nil || !strings.Contains(err.Error(), "dead_letter_action_resolved_key") {
		t.Errorf("error %v, want that of the key", err)
	}
}

// releasing is an observer that lets go of what is in the way at the second
// retry.
type releasing struct {
	notes
	release func()
}

func (r *releasing) Retried(state string) {
	r.notes.Retried(state)
	if len(r.retried) == 2 {
		r.release()
	}
}

// A requeue waits for who has a letter, also when it is of letters from several
// partitions: it has nobody to give them back to.
func TestRequeueWaitsForLocks(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	b.settle(b.acquire(0).next(raw(badAlice)), b.acquire(1).next(raw(badAlice)))
	tx, err := b.admin.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }() // if nobody has let go of it
	if _, err := tx.Exec(t.Context(), "SELECT FROM dead_letter FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	told := &releasing{release: func() {
		if err := tx.Rollback(context.Background()); err != nil {
			t.Error(err)
		}
	}}
	operator := &settle.Requeuer{
		Settler: closing(t, settle.Config{
			Connect: b.connectAdmin, Limits: settle.Limits{Lock: 20 * time.Millisecond}, Observer: told}),
		Handling: settle.NewHandling("operator@host", "ticket 7"),
	}
	b.requeue(operator, settle.DeadLetterFilter{Limit: 10})
	if len(told.retried) < 2 || told.retried[0] != "55P03" {
		t.Errorf("it was tried again for %v, want lock timeouts", told.retried)
	}
}
