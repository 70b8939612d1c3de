package settle_test

import (
	"fmt"
	"slices"
	"testing"

	"deductor/consumer/settle"
	"deductor/ledger"
)

// The story of an order that was declined, set aside by mistake, and applied.
func TestOrderEvents(t *testing.T) {
	t.Parallel()
	b := newBench(t, ledger.NewAccount{Name: "alice", Currency: "USD", Kind: ledger.Customer, Balance: 1000})
	f := b.acquire(0)
	b.settle(f.next(pay("a", "alice", 1_000_000)))
	b.settle(f.next(pay("a", "alice", 0, attempt(2)), pay("a", "alice", 10, attempt(2))))
	letters, err := settle.DeadLetters(t.Context(), b.admin, settle.DeadLetterFilter{})
	if err != nil || len(letters) != 1 {
		t.Fatal(letters, err)
	}
	h := settle.NewHandling("me@here", "a mistake")
	if err := settle.NoteExport(t.Context(), b.admin, []int64{letters[0].ID}, h); err != nil {
		t.Fatal(err)
	}
	if _, err := settle.Discard(t.Context(), b.admin, []int64{letters[0].ID},
		settle.NewHandling("me@here", "it was paid")); err != nil {
		t.Fatal(err)
	}
	order, err := settle.FindOrder(t.Context(), b.admin, "a")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range order.Events() {
		origin := "-"
		if e.Origin != nil {
			origin = fmt.Sprint(e.Origin.Offset)
		}
		got = append(got, fmt.Sprintf("%s %s attempt %d record %s transfer %t letter %t by %s: %s",
			e.What, e.Code, e.Attempt, origin, e.TransferID > 0, e.LetterID == letters[0].ID, e.Actor, e.Reason))
	}
	want := []string{
		"declined insufficient_funds attempt 1 record 0 transfer false letter false by : ",
		"set_aside amount_not_positive attempt 0 record 1 transfer false letter true by : ",
		"applied  attempt 2 record 2 transfer true letter false by : ",
		"export  attempt 0 record - transfer false letter true by me@here: a mistake",
		"discard  attempt 0 record - transfer false letter true by me@here: it was paid",
	}
	if !slices.Equal(got, want) {
		t.Errorf("its story is\n%q, want\n%q", got, want)
	}
}
