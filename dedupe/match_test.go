package dedupe_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"deductor/dedupe"
	"deductor/internal/pgtest"
)

// match returns which of the requests are answered as they are expected to be.
func match(ctx context.Context, db dedupe.Querier, asked ...dedupe.Request) ([]bool, error) {
	register, batch := dedupe.NewRegister(), &pgx.Batch{}
	register.QueueMatch(batch, asked)
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return nil, err
	}
	matched := make([]bool, len(asked))
	for place := range asked {
		matched[place] = register.Matched(place)
	}
	return matched, nil
}

// Promise 3: what matches is a duplicate, whatever its attempt. Only where an order was applied
// at its first attempt, one fingerprint says so.
func TestPromise3_WhatMatchesIsADuplicate(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	for name, c := range decideCases {
		t.Run(name, func(t *testing.T) {
			tx := begin(t, db)
			for i := range c.answered {
				if err := answer(t.Context(), tx, c.answered[i]); err != nil {
					t.Fatal(err)
				}
			}
			matched, err := match(t.Context(), tx, dedupe.Request{OrderID: "o", Fingerprint: asks(c.what)})
			if err != nil {
				t.Fatal(err)
			}
			first := len(c.answered) == 1 && c.answered[0].Attempt == 1 && c.answered[0].Outcome == dedupe.Applied
			if want := first && c.verdict == dedupe.Duplicate; matched[0] != want {
				t.Errorf("it matched: %t, want %t", matched[0], want)
			}
		})
	}
}

// Each request is told of its own order, in whatever order they come, and however often.
func TestRequestsAreMatchedApart(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	for _, answered := range []dedupe.Record{applied("same-beginning-2", 1, "a"), applied("z", 1, "z"),
		applied("same-beginning-1", 1, "b"), applied("é", 1, "c"), applied("A", 1, "d")} {
		save(t, db, answered) // one by one, so that they are stored in this order
	}
	cases := []struct {
		orderID, what string
		want          bool
	}{
		{"z", "z", true}, {"same-beginning-3", "a", false}, {"same-beginning-2", "a", true}, {"é", "c", true},
		{"same-beginning-1", "a", false}, {"same-beginning-1", "b", true}, {"same-beginning-1", "c", false},
		{"same-beginning-1", "b", true}, {"", "a", false}, {"A", "d", true}, {"a", "d", false}, {"zz", "z", false},
	}
	asked := make([]dedupe.Request, len(cases))
	for i, c := range cases {
		asked[i] = dedupe.Request{OrderID: c.orderID, Fingerprint: asks(c.what)}
	}
	for name, settings := range map[string]string{
		"in the order of the index": "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off",
		"in another order":          "SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off",
	} {
		tx := begin(t, db)
		if _, err := tx.Exec(t.Context(), settings); err != nil {
			t.Fatal(err)
		}
		matched, err := match(t.Context(), tx, asked...)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range cases {
			if matched[i] != c.want {
				t.Errorf("%s: %q for %q matched: %t, want %t", name, c.orderID, c.what, matched[i], c.want)
			}
		}
	}
}

func TestNothingMatchesWithoutALook(t *testing.T) {
	t.Parallel()
	if dedupe.NewRegister().Matched(7) {
		t.Error("a request matched that nobody asked for")
	}
}
