package settle_test

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/settle"
	"deductor/ledger"
)

// stripes is over how many rows a settlement account's balance is spread:
// partitions that are that far apart share one.
const stripes = 64

// whale can fill a settlement account's stripe to the brim.
var whale = ledger.NewAccount{Name: "whale", Currency: "USD", Kind: ledger.Customer, Balance: math.MaxInt64}

// fillStripe leaves room for 100 minor units on settlement:USD's stripe of the
// partition. No message can ask for that much at once; a command can.
func (b *bench) fillStripe(f *feed) {
	b.t.Helper()
	fill := f.next(pay("fill", "whale", 1))
	fill.Items[0].Command.Amount = math.MaxInt64 - 100
	b.wantCounts(b.settle(fill), map[settle.Kind]int64{settle.Applied: 1})
}

// overfill is a command that Postgres refuses after fillStripe (SQLSTATE 22003,
// numeric_value_out_of_range).
func overfill(id string) *kgo.Record { return pay(id, "alice", 1_000_000) }

func (b *bench) wantRefused(partition int32, offset int64) {
	b.t.Helper()
	got := b.row(`SELECT d.reason, d.detail FROM dead_letter d JOIN source s ON s.id = d.source_id
	               WHERE s.partition = $1 AND d.record_offset = $2`, partition, offset)
	if want := "database_refused SQLSTATE 22003: bigint out of range"; got != want {
		b.t.Errorf("dead letter %d@%d: %s, want %s", partition, offset, got, want)
	}
}

// Promise 2: exactly one recorded outcome for every command. One that the
// database refuses takes no other with it.
func TestPromise2_RefusedCommandIsSingledOut(t *testing.T) {
	t.Parallel()
	for _, at := range []int{0, 1, 49, 50, 99, 100} {
		t.Run(fmt.Sprintf("at %d of 101", at), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, customer("alice", 10_000_000), whale)
			f := b.acquire(0)
			b.fillStripe(f)
			var records []*kgo.Record
			for i := range 101 {
				record := pay(fmt.Sprintf("good-%d", i), "alice", 1)
				if i == at {
					record = overfill("bad")
				}
				records = append(records, record)
			}
			counts := b.settle(f.next(records...))
			b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 100, settle.DeadLettered: 1})
			b.wantDeadLetters(fmt.Sprintf("0@%d database_refused bad", 1+at))
			b.wantRefused(0, int64(1+at))
			b.wantBalances(map[string]int64{"alice": 10_000_000 - 100})
			b.wantWatermark(f, f.end())
			b.wantOrder("bad", "")
			b.audit()
		})
	}
}

func TestPromise2_RefusedCommandsInSeveralSlices(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 10_000_000), customer("poor", 0), whale)
	f, g, h := b.acquire(0), b.acquire(stripes), b.acquire(2*stripes)
	b.fillStripe(f)
	counts := b.settle(
		f.next(pay("o-1", "alice", 1), overfill("bad-1"), pay("o-2", "alice", 1), marker),
		g.next(overfill("bad-2"), overfill("bad-3"), pay("o-1", "alice", 1)),
		h.next(marker, raw("?"), pay("o-3", "poor", 1), overfill("bad-4"), marker, pay("o-4", "alice", 1), marker))
	b.wantCounts(counts, map[settle.Kind]int64{
		settle.Applied: 3, settle.Declined: 1, settle.Duplicate: 1, settle.DeadLettered: 5})
	b.wantDeadLetters("0@2 database_refused bad-1", "64@0 database_refused bad-2", "64@1 database_refused bad-3",
		"128@1 invalid_json -", "128@3 database_refused bad-4")
	b.wantRefused(64, 1)
	b.wantBalances(map[string]int64{"alice": 10_000_000 - 3})
	b.wantWatermark(f, f.end())
	b.wantWatermark(g, g.end())
	b.wantWatermark(h, h.end())
	b.audit()
}

// What is refused once the batch is added up (each command alone would fit) is
// refused from where it no longer fits.
func TestPromise2_RefusedTogetherAppliedApart(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 10_000_000), whale)
	f := b.acquire(0)
	b.fillStripe(f)
	counts := b.settle(f.next(pay("o-1", "alice", 60), pay("o-2", "alice", 60), pay("o-3", "alice", 40)))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 2, settle.DeadLettered: 1})
	b.wantDeadLetters("0@2 database_refused o-2")
	b.audit()
}

// A command for which 64 bits are not enough within its own transaction is
// refused by the books before the database sees it.
func TestPromise2_OverflowIsSetAside(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100), customer("rich", math.MaxInt64-10))
	f := b.acquire(0)
	counts := b.settle(f.next(pay("fits", "alice", 10, credit("rich")), pay("over", "alice", 1, credit("rich")),
		pay("else", "alice", 1)))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 2, settle.DeadLettered: 1})
	b.wantDeadLetters("0@1 database_refused over")
	b.wantBalances(map[string]int64{"alice": 89, "rich": math.MaxInt64})
	b.audit()
}

// What a dead letter says in words may be refused too: by a database whose
// encoding has no euro sign, or for a NUL. The record is kept all the same.
func TestPromise2_DeadLetterThatIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f := b.acquire(0)
	batch := f.next(pay("o-1", "alice", 1), pay("nul", "alice", 1), raw(`{"order_id":"bad"}`), pay("o-2", "alice", 1))
	batch.Items[1].Command.OrderID = "n\x00l"
	batch.Items[2].Rejection.Detail = "\x00 in \u20ac"
	counts := b.settle(batch)
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 2, settle.DeadLettered: 2})
	b.wantDeadLetters("0@1 database_refused -", "0@2 missing_field -")
	if got := b.row("SELECT detail FROM dead_letter WHERE record_offset = 2"); got != "? in ?" {
		t.Errorf("detail %q, want what is left of it", got)
	}
	for i, letter := range b.letters() {
		if want := batch.Items[1+i].Record.Value; !bytes.Equal(letter.Value, want) {
			t.Errorf("value %q, want %q", letter.Value, want)
		}
	}
	b.audit()
}
