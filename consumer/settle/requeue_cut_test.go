package settle_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
)

// lettersOf sets commands aside that can all be decided: alice's, behind one
// that is no command and was discarded since.
func (b *bench) lettersOf(t *testing.T, f *feed, commands ...string) []*settle.DeadLetterContent {
	t.Helper()
	records := []string{badAlice}
	records = append(records, commands...)
	slice := settle.Slice{}
	for i, value := range records {
		next := f.next(raw(value))
		if i == 0 {
			slice = next
			continue
		}
		slice.End, slice.Items = next.End, append(slice.Items, next.Items...)
	}
	b.settleBy(b.quarantining(t), slice)
	letters := b.choose(settle.DeadLetterFilter{State: settle.Open})
	b.discard(letters[0].ID)
	return letters[1:]
}

func payAlice(id string, amount int64) string { return string(pay(id, "alice", amount).Value) }

// Promise 1: when it is not known whether a requeue was committed, it is run
// again; each order is debited once, and the report says what became of it.
func TestPromise1_UnknownCommitOfARequeue(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]func(message) bool{
		"the answer to COMMIT is lost": func(m message) bool { return m.fromServer && m.text == "COMMIT" },
		"COMMIT itself is lost":        func(m message) bool { return m.kind == 'B' && m.text == "COMMIT" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, customer("alice", 100))
			f := b.acquire(0)
			letters := b.lettersOf(t, f, payAlice("o-1", 60), payAlice("o-2", 70), payAlice("o-1", 60), payAlice("o-1", 61))
			var connections atomic.Int32
			operator := b.operator(t)
			operator.Settler = closing(t, settle.Config{Connect: func(ctx context.Context) (*pgx.Conn, error) {
				if connections.Add(1) > 1 {
					return b.connectAdmin(ctx)
				}
				return b.asAdmin().connectWatched(func(m message) verdict {
					if at(m) {
						return cutBefore
					}
					return pass
				})(ctx)
			}})
			const want = "o-1 applied, o-2 declined, o-1 duplicate, o-1 refused order_conflict"
			if got := b.requeueThese(operator, letters); got != want {
				t.Errorf("requeued: %s, want %s", got, want)
			}
			if n := connections.Load(); n != 2 {
				t.Errorf("%d connections, want 2: one that was cut, one after it", n)
			}
			const by = " by operator@host, ticket 7, "
			b.wantActions("0@0 discard - by operator@host, ticket 8, discarded", "0@1 requeue applied"+by+"requeued",
				"0@2 requeue declined"+by+"requeued", "0@3 requeue duplicate"+by+"requeued", "0@4 requeue refused"+by+"open")
			b.wantTransfers("o-1", 1)
			b.wantBalances(map[string]int64{"alice": 40})
			b.audit()
		})
	}
}

// asAdmin is the bench whose connections are the superuser's.
func (b *bench) asAdmin() *bench {
	other := *b
	other.config = b.admin.Config().ConnConfig
	return &other
}

// Promise 1: wherever a requeue is cut off, the next command finds each letter
// either resolved, with its order decided, or open.
func TestPromise1_RequeueCutAtEveryStep(t *testing.T) {
	t.Parallel()
	for _, fromServer := range []bool{false, true} {
		t.Run(fmt.Sprintf("from the server %v", fromServer), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, customer("alice", 1_000_000))
			f := b.acquire(0)
			stride := 3
			if testing.Short() {
				stride = 17
			}
			n, steps := 1, 0
			for whole := false; !whole; n += stride {
				steps++
				id := func(name string) string { return fmt.Sprintf("%s-%d", name, n) }
				letters := b.lettersOf(t, f, payAlice(id("o"), 5), payAlice(id("p"), 7), payAlice(id("o"), 5))
				whole = b.requeueAndDie(&cutter{fromServer: fromServer, how: cutInside, n: n}, letters)
				half := b.rows(`SELECT d.id FROM dead_letter d LEFT JOIN processed p USING (order_id)
					WHERE d.reason = 'account_quarantined' AND (d.resolution IS NULL) <> (p.order_id IS NULL)`)
				if len(half) > 0 {
					t.Fatalf("cut at message %d, letters %v are resolved without their order, or the other way round", n, half)
				}
				b.requeueThese(b.operator(t), letters)
				b.wantTransfers(id("o"), 1)
				b.wantTransfers(id("p"), 1)
				b.wantBalances(map[string]int64{"alice": 1_000_000 - int64(12*steps)})
				if t.Failed() {
					t.Fatalf("cut at message %d", n)
				}
			}
			if n < 40 {
				t.Errorf("only %d messages were cut: a requeue has more", n)
			}
			b.audit()
		})
	}
}

// requeueAndDie is a command whose connection is cut, and that is killed then.
// It tells whether it came through.
func (b *bench) requeueAndDie(cut *cutter, letters []*settle.DeadLetterContent) bool {
	b.t.Helper()
	ctx, die := context.WithCancel(b.t.Context())
	defer die()
	settler := settle.NewSettler(settle.Config{
		Connect:   b.asAdmin().connectWatched(cut.watch),
		OnTrouble: func(error) { die() },
	})
	defer settler.Close()
	operator := &settle.Requeuer{Settler: settler, Handling: settle.NewHandling("operator@host", "cut")}
	_, err := operator.Requeue(ctx, letters)
	if err != nil && !errors.Is(err, context.Canceled) {
		b.t.Fatalf("requeue, cut off: %v", err)
	}
	return err == nil && !strings.Contains(fmt.Sprint(ctx.Err()), "canceled")
}
