package settle_test

import (
	"strings"
	"sync"
	"testing"

	"deductor/consumer/settle"
)

// quarantining is a worker's settler with quarantine on.
func (b *bench) quarantining(t *testing.T) *settle.Settler {
	config := b.untroubled()
	config.Quarantine = true
	return closing(t, config)
}

// bad is a record that is no command, and names an account.
const badAlice = `{"order_id":"bad","account":"alice","amount":"x","currency":"USD"}`

func TestQuarantineInsideOneBatch(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 1000), customer("bob", 1000))
	f := b.acquire(0)
	counts := b.settleBy(b.quarantining(t), f.next(
		pay("before", "alice", 1),
		raw(badAlice),
		pay("after", "alice", 2),
		pay("before", "alice", 1),                  // a duplicate
		pay("before", "alice", 3),                  // a conflict
		pay("to-alice", "bob", 4, credit("alice")), // alice is paid, and pays nothing
		raw("?"), // names nobody
		pay("bob-too", "bob", 5),
	))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 3, settle.Duplicate: 1, settle.DeadLettered: 4})
	b.wantDeadLetters("0@1 amount_syntax bad", "0@2 account_quarantined after", "0@4 order_conflict before",
		"0@6 invalid_json -")
	accounts := strings.Join(b.rows("SELECT coalesce(account, '-') FROM dead_letter ORDER BY id"), " ")
	if accounts != "alice alice alice -" {
		t.Errorf("accounts of the dead letters are %s", accounts)
	}
	b.audit()
}

func TestQuarantineAcrossBatches(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 1000), customer("bob", 1000))
	f, g := b.acquire(0), b.acquire(1)
	settler := b.quarantining(t)
	b.settleBy(settler, f.next(pay("paid", "alice", 1), pay("declined", "alice", 5000), raw(badAlice)))
	b.wantCounts(b.settleBy(settler,
		f.next(pay("paid", "alice", 1), pay("new", "alice", 3), pay("declined", "alice", 5, attempt(2)),
			pay("paid", "alice", 2)),
		g.next(pay("other", "alice", 4), pay("free", "bob", 5))),
		map[settle.Kind]int64{settle.Applied: 1, settle.Duplicate: 1, settle.DeadLettered: 4})
	b.wantDeadLetters("0@2 amount_syntax bad", "0@4 account_quarantined new",
		"0@5 account_quarantined declined", "0@6 order_conflict paid", "1@0 account_quarantined other")
	const why = "dead letter %s of account \"alice\" is open: requeue or discard it first"
	first := b.row("SELECT min(id) FROM dead_letter")
	want := strings.Replace(why, "%s", first, 1)
	if got := b.row("SELECT detail FROM dead_letter WHERE order_id = 'new'"); got != want {
		t.Errorf("it says %q, want %q", got, want)
	}

	// Read again, each has its outcome; nothing waits anew.
	b.wantCounts(b.settleBy(settler, f.all()), map[settle.Kind]int64{settle.Duplicate: 3, settle.DeadLettered: 4})

	// Once all is resolved, commands are decided again.
	for _, letter := range b.choose(settle.DeadLetterFilter{}) {
		b.discard(letter.ID)
	}
	b.wantCounts(b.settleBy(settler, f.next(pay("later", "alice", 6))), map[settle.Kind]int64{settle.Applied: 1})
	b.audit()
}

// A requeue keeps the order of an account's commands.
func TestRequeueOfAQuarantinedAccount(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 10), customer("bob", 10))
	f := b.acquire(0)
	settler := b.quarantining(t)
	b.settleBy(settler, f.next(raw(badAlice), pay("first", "alice", 6), pay("second", "alice", 5),
		pay("third", "alice", 4)))
	b.settleBy(settler, f.next(raw(strings.ReplaceAll(badAlice, "alice", "bob")), pay("bob-1", "bob", 1)))
	all := b.choose(settle.DeadLetterFilter{State: settle.Open})
	steps := []struct {
		name    string
		letters []*settle.DeadLetterContent
		discard int64
		want    string
	}{
		{"one in the middle", all[2:3], 0, "second waiting account_quarantined"},
		{"all, the first is refused again", all, 0,
			"bad refused amount_syntax, first waiting account_quarantined, second waiting account_quarantined, " +
				"third waiting account_quarantined, bad refused amount_syntax, bob-1 waiting account_quarantined"},
		{"without the first", all[1:4], 0, "first waiting account_quarantined, second waiting account_quarantined, " +
			"third waiting account_quarantined"},
		{"the last two, once the malformed one is gone", all[2:4], all[0].ID,
			"second waiting account_quarantined, third waiting account_quarantined"},
		{"all in their order", all, 0, "bad skipped, first applied, second declined, third applied, " +
			"bad refused amount_syntax, bob-1 waiting account_quarantined"},
	}
	operator := func() *settle.Requeuer { return b.operator(t) }
	for _, step := range steps {
		if step.discard != 0 {
			b.discard(step.discard)
		}
		rehearsal := operator()
		rehearsal.Rehearsal = true
		for _, by := range []*settle.Requeuer{rehearsal, operator()} {
			if got := b.requeueThese(by, step.letters); got != step.want {
				t.Errorf("%s (rehearsal %v):\n%s, want\n%s", step.name, by.Rehearsal, got, step.want)
			}
		}
	}
	b.wantBalances(map[string]int64{"alice": 0, "bob": 10})
	b.audit()
}

// What earlier batches of a rehearsal would requeue is not in the way of later
// ones, as it will not be then.
func TestRehearsalOverSeveralBatches(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 10))
	f := b.acquire(0)
	b.settleBy(b.quarantining(t), f.next(raw(badAlice), pay("first", "alice", 1), pay("second", "alice", 2)))
	all := b.choose(settle.DeadLetterFilter{})
	b.discard(all[0].ID)
	for _, rehearsal := range []bool{true, false} {
		operator := b.operator(t)
		operator.Rehearsal = rehearsal
		for _, letter := range all[1:] {
			if got := b.requeueThese(operator, []*settle.DeadLetterContent{letter}); got != letter.OrderID+" applied" {
				t.Errorf("rehearsal %v: %s", rehearsal, got)
			}
		}
	}
	b.wantBalances(map[string]int64{"alice": 7})
}

// Without quarantine, nothing waits, and no statement is sent for it.
func TestQuarantineIsOff(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 1000))
	f := b.acquire(0)
	first := statement(t, "queries/first_open_dead_letters.sql")
	var mu sync.Mutex
	asked := 0
	config := b.untroubled()
	config.Connect = b.connectWatched(func(m message) verdict {
		mu.Lock()
		defer mu.Unlock()
		if !m.fromServer && m.text == first {
			asked++
		}
		return pass
	})
	counts := b.settleBy(closing(t, config), f.next(raw(badAlice), pay("after", "alice", 2)))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 1, settle.DeadLettered: 1})
	if asked != 0 {
		t.Errorf("quarantine was asked for %d times", asked)
	}
	config.Quarantine = true
	b.settleBy(closing(t, config), f.next(pay("later", "alice", 2)))
	if asked == 0 {
		t.Error("quarantine was not asked for: the test looks for another statement")
	}
}

// What is in an account's way is read once the account is locked: a letter that
// was kept while the worker waited for the lock comes before its commands.
func TestQuarantineIsReadUnderTheLock(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 1000))
	f, g := b.acquire(0), b.acquire(1)
	release := b.lock("alice")
	s := start(t.Context(), t, b.quarantining(t), g.next(pay("later", "alice", 2)))
	b.eventually("the worker waits for the lock", func() bool { return len(b.waiting()) == 1 })
	b.settle(f.next(raw(badAlice)))
	release()
	counts, err := s.wait(t)
	if err != nil {
		t.Fatal(err)
	}
	b.wantCounts(counts, map[settle.Kind]int64{settle.DeadLettered: 1})
	b.wantDeadLetters("0@0 amount_syntax bad", "1@0 account_quarantined later")
}
