package settle_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
	"deductor/ledger"
)

func TestApplied(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 1000), customer("bob", 0),
		ledger.NewAccount{Name: "shop", Currency: "USD", Kind: ledger.Settlement})
	f := b.acquire(0)
	counts := b.settle(f.next(
		pay("to-settlement", "alice", 300),
		pay("to-customer", "alice", 200, credit("bob")),
		pay("to-shop", "bob", 150, credit("shop")), // what bob was just paid
		pay("to-the-last", "alice", 500),
	))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 4})
	b.wantOrder("to-settlement", "applied attempt 1 at 0@0: 300 USD from alice to settlement:USD")
	b.wantOrder("to-customer", "applied attempt 1 at 0@1: 200 USD from alice to bob")
	b.wantOrder("to-shop", "applied attempt 1 at 0@2: 150 USD from bob to shop")
	b.wantOrder("to-the-last", "applied attempt 1 at 0@3: 500 USD from alice to settlement:USD")
	b.wantBalances(map[string]int64{"alice": 0, "bob": 50, "shop": 150, "settlement:USD": 800})
	b.wantDeadLetters()
	b.wantWatermark(f, 4)
	b.audit()
}

func TestDeclined(t *testing.T) {
	t.Parallel()
	euro := ledger.NewAccount{Name: "euro", Currency: "EUR", Kind: ledger.Customer, Balance: 1000}
	lender := ledger.NewAccount{Name: "lender", Currency: "USD", Kind: ledger.Customer, Balance: 100, OverdraftLimit: 50}
	b := newBench(t, customer("alice", 1000), customer("closed", 1000), euro, lender)
	b.administer(func(tx pgx.Tx) error { return ledger.Close(t.Context(), tx, "closed") })
	f := b.acquire(0)
	counts := b.settle(f.next(
		pay("too-much", "alice", 1001),
		pay("over-the-limit", "lender", 151),
		pay("nobody", "carol", 1),
		pay("to-nobody", "alice", 1, credit("carol")),
		pay("from-settlement", "settlement:USD", 1, credit("alice")),
		pay("from-closed", "closed", 1),
		pay("to-closed", "alice", 1, credit("closed")),
		pay("from-euro", "euro", 1, credit("alice")),
		pay("to-euro", "alice", 1, credit("euro")),
		pay("no-yen", "alice", 1, currency("EUR")),
		pay("at-the-limit", "lender", 150),
	))
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 1, settle.Declined: 10})
	for id, want := range map[string]string{
		"too-much":        "declined attempt 1 at 0@0: insufficient_funds",
		"over-the-limit":  "declined attempt 1 at 0@1: insufficient_funds",
		"nobody":          "declined attempt 1 at 0@2: account_not_found",
		"to-nobody":       "declined attempt 1 at 0@3: account_not_found",
		"from-settlement": "declined attempt 1 at 0@4: account_not_found",
		"from-closed":     "declined attempt 1 at 0@5: account_closed",
		"to-closed":       "declined attempt 1 at 0@6: account_closed",
		"from-euro":       "declined attempt 1 at 0@7: currency_mismatch",
		"to-euro":         "declined attempt 1 at 0@8: currency_mismatch",
		"no-yen":          "declined attempt 1 at 0@9: currency_mismatch",
		"at-the-limit":    "applied attempt 1 at 0@10: 150 USD from lender to settlement:USD",
	} {
		b.wantOrder(id, want)
	}
	b.wantBalances(map[string]int64{"alice": 1000, "closed": 1000, "euro": 1000, "lender": -50})
	const asked = `{"account": "alice", "currency": "USD", "amount_minor": "1001", "credit_account": "settlement:USD"}`
	if got := b.row("SELECT request::text FROM processed WHERE order_id = 'too-much'"); got != asked {
		t.Errorf("kept with the decline: %s, want %s", got, asked)
	}
	b.audit()
}

// Money that suffices for one of two goes to the one with the lower offset, in
// one batch and over two slices alike.
func TestOffsetsDecideWhoIsFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100), customer("bob", 100), customer("carol", 0))
	f, g := b.acquire(0), b.acquire(1)
	b.settle(
		f.next(pay("a-second", "alice", 60), pay("a-first", "alice", 60), pay("b-small", "bob", 10)),
		g.next(pay("b-large", "bob", 95), pay("c-poor", "carol", 1), pay("c-paid", "bob", 90, credit("carol")),
			pay("c-rich", "carol", 90)))
	b.wantOrder("a-second", "applied attempt 1 at 0@0: 60 USD from alice to settlement:USD")
	b.wantOrder("a-first", "declined attempt 1 at 0@1: insufficient_funds")
	b.wantOrder("b-small", "applied attempt 1 at 0@2: 10 USD from bob to settlement:USD")
	b.wantOrder("b-large", "declined attempt 1 at 1@0: insufficient_funds")
	b.wantOrder("c-poor", "declined attempt 1 at 1@1: insufficient_funds")
	b.wantOrder("c-paid", "applied attempt 1 at 1@2: 90 USD from bob to carol")
	b.wantOrder("c-rich", "applied attempt 1 at 1@3: 90 USD from carol to settlement:USD")
	b.audit()
}

func TestMarkersAloneMoveTheWatermark(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f := b.acquire(0)
	b.settle(f.next(pay("o-1", "alice", 60), marker))
	b.wantWatermark(f, 2)
	counts := b.settle(f.next(marker, marker, marker))
	b.wantCounts(counts, nil)
	b.wantWatermark(f, 5)
	if got := b.row("SELECT leader_epoch FROM watermark"); got != "-1" {
		t.Errorf("leader epoch %s, want -1: that of a marker is not known", got)
	}
	b.settle(f.next(pay("o-2", "alice", 60)))
	if got := b.row("SELECT leader_epoch FROM watermark"); got != "3" {
		t.Errorf("leader epoch %s, want the last record's, 3", got)
	}
}

// What is read again lowers neither the watermark nor its leader epoch.
func TestRereadKeepsTheWatermark(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f := b.acquire(0)
	first := pay("o-1", "alice", 10)
	first.LeaderEpoch = 2
	b.settle(f.next(first, pay("o-2", "alice", 10), pay("o-3", "alice", 10)))
	b.settle(f.slice(0, 1))
	b.wantWatermark(f, 3)
	if got := b.row("SELECT leader_epoch FROM watermark"); got != "3" {
		t.Errorf("leader epoch %s, want that of the record before the watermark, 3", got)
	}
}

// Workers credit settlement accounts on stripes of their own, and their sum is
// the balance.
func TestSettlementIsStriped(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 1000))
	for partition, amount := range map[int32]int64{0: 1, 1: 10, 63: 100, 64: 200, 130: 400} {
		f := b.acquire(partition)
		b.settle(f.next(pay(fmt.Sprintf("o-%d", partition), "alice", amount)))
	}
	got := b.rows("SELECT stripe, balance FROM settlement_stripe ORDER BY stripe")
	want := []string{"0 201", "1 10", "2 400", "63 100"}
	if !slices.Equal(got, want) {
		t.Errorf("stripes %q, want %q", got, want)
	}
	b.wantBalances(map[string]int64{"settlement:USD": 711})
	b.audit()
}
