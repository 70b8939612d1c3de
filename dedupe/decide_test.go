package dedupe_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"deductor/dedupe"
	"deductor/internal/pgtest"
)

// decideCases: what was answered for an order so far, in that order, and what
// a request is then told. answer is the attempt whose record comes with it, 0
// for none.
var decideCases = map[string]struct {
	answered []dedupe.Record
	attempt  int32
	what     string
	verdict  dedupe.Verdict
	answer   int32
}{
	"first request":       {nil, 1, "a", dedupe.New, 0},
	"first, higher":       {nil, 3, "a", dedupe.New, 0},
	"applied, again":      {[]dedupe.Record{applied("o", 1, "a")}, 1, "a", dedupe.Duplicate, 1},
	"applied, other":      {[]dedupe.Record{applied("o", 1, "a")}, 1, "b", dedupe.Conflict, 1},
	"applied, higher":     {[]dedupe.Record{applied("o", 1, "a")}, 2, "a", dedupe.Duplicate, 1},
	"applied, higher, b":  {[]dedupe.Record{applied("o", 1, "a")}, 2, "b", dedupe.Conflict, 1},
	"applied, lower":      {[]dedupe.Record{applied("o", 2, "a")}, 1, "a", dedupe.Duplicate, 2},
	"applied, lower, b":   {[]dedupe.Record{applied("o", 2, "a")}, 1, "b", dedupe.Conflict, 2},
	"declined, again":     {[]dedupe.Record{declined("o", 1, "a")}, 1, "a", dedupe.Duplicate, 1},
	"declined, other":     {[]dedupe.Record{declined("o", 1, "a")}, 1, "b", dedupe.Conflict, 1},
	"declined, higher":    {[]dedupe.Record{declined("o", 1, "a")}, 2, "a", dedupe.Retry, 0},
	"declined, higher, b": {[]dedupe.Record{declined("o", 1, "a")}, 2, "b", dedupe.Retry, 0},
	"declined, leap":      {[]dedupe.Record{declined("o", 1, "a")}, 9, "a", dedupe.Retry, 0},
	"declined, lower":     {[]dedupe.Record{declined("o", 2, "a")}, 1, "a", dedupe.Duplicate, 2},
	"declined, lower, b":  {[]dedupe.Record{declined("o", 2, "a")}, 1, "b", dedupe.Conflict, 2},
	"retried, the first again": {[]dedupe.Record{declined("o", 1, "a"), applied("o", 2, "b")},
		1, "a", dedupe.Duplicate, 1},
	"retried, the first, as the second": {[]dedupe.Record{declined("o", 1, "a"), applied("o", 2, "b")},
		1, "b", dedupe.Conflict, 1},
	"retried, the second again": {[]dedupe.Record{declined("o", 1, "a"), applied("o", 2, "b")},
		2, "b", dedupe.Duplicate, 2},
	"retried, the second, as the first": {[]dedupe.Record{declined("o", 1, "a"), applied("o", 2, "b")},
		2, "a", dedupe.Conflict, 2},
	"retried, a third": {[]dedupe.Record{declined("o", 1, "a"), applied("o", 2, "b")},
		3, "b", dedupe.Duplicate, 2},
	"retried, a third, as the first": {[]dedupe.Record{declined("o", 1, "a"), applied("o", 2, "b")},
		3, "a", dedupe.Conflict, 2},
	"thrice declined, the middle again": {
		[]dedupe.Record{declined("o", 1, "a"), declined("o", 3, "b"), declined("o", 5, "c")},
		3, "b", dedupe.Duplicate, 3},
	"thrice declined, between": {
		[]dedupe.Record{declined("o", 1, "a"), declined("o", 3, "b"), declined("o", 5, "c")},
		4, "c", dedupe.Duplicate, 5},
	"thrice declined, a fourth": {
		[]dedupe.Record{declined("o", 1, "a"), declined("o", 3, "b"), declined("o", 5, "c")},
		6, "a", dedupe.Retry, 0},
}

// How the answers of a case were given.
var manners = map[string]func(t *testing.T, tx pgx.Tx, answered []dedupe.Record) *dedupe.Register{
	"in this transaction": func(_ *testing.T, _ pgx.Tx, answered []dedupe.Record) *dedupe.Register {
		register := dedupe.NewRegister()
		for i := range answered {
			register.Record(answered[i])
		}
		return register
	},
	"by one register": func(t *testing.T, tx pgx.Tx, answered []dedupe.Record) *dedupe.Register {
		if err := answer(t.Context(), tx, answered...); err != nil {
			t.Fatal(err)
		}
		return find(t, tx, "o")
	},
	"by one register each": func(t *testing.T, tx pgx.Tx, answered []dedupe.Record) *dedupe.Register {
		for i := range answered {
			if err := answer(t.Context(), tx, answered[i]); err != nil {
				t.Fatal(err)
			}
		}
		return find(t, tx, "o")
	},
}

func TestPromise3_SameAnswer(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	for name, c := range decideCases {
		for manner, answered := range manners {
			t.Run(name+" "+manner, func(t *testing.T) {
				register := answered(t, begin(t, db), c.answered)
				verdict, known := register.Decide("o", c.attempt, asks(c.what))
				if verdict != c.verdict {
					t.Errorf("verdict %d, want %d", verdict, c.verdict)
				}
				if (known == nil) != (c.answer == 0) || known != nil && known.Attempt != c.answer {
					t.Errorf("answered by %+v, want attempt %d", known, c.answer)
				}
			})
		}
	}
}

// Another order's answers say nothing of this one.
func TestOrdersAreApart(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	save(t, db, applied("one", 1, "a"), declined("two", 1, "a"))
	register := find(t, db, "one", "two", "three")
	if verdict, _ := register.Decide("three", 1, asks("a")); verdict != dedupe.New {
		t.Errorf("verdict %d of an order that is not there", verdict)
	}
	if answers := register.Answers("three"); answers != nil {
		t.Errorf("answers of an order that is not there: %+v", answers)
	}
	if verdict, _ := find(t, db, "two").Decide("one", 1, asks("a")); verdict != dedupe.New {
		t.Errorf("verdict %d of an order that was not asked for", verdict)
	}
}

func TestOutcomeNames(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[dedupe.Outcome]string{
		dedupe.Applied: "applied", dedupe.Declined: "declined", 3: "outcome 3",
	} {
		if outcome.String() != want {
			t.Errorf("outcome %d is %q, want %q", int16(outcome), outcome, want)
		}
	}
}
