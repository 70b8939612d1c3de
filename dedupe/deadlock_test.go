package dedupe_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"deductor/dedupe"
	"deductor/internal/pgtest"
)

// Transactions that write the same orders, new ones and retries, wait for each
// other in one direction, whichever they answered first.
func TestSavesNeverDeadlock(t *testing.T) {
	t.Parallel()
	const rounds, orders = 30, 60
	db := pgtest.New(t).Pool
	ids, backwards := make([]string, orders), make([]string, orders)
	for round := range rounds {
		for i := range ids {
			ids[i] = fmt.Sprintf("order %d of round %d", i, round)
			backwards[orders-1-i] = ids[i]
		}
		for attempt := range int32(2) {
			ended := make(chan error, 2)
			for _, ids := range [][]string{ids, backwards} {
				go func() { ended <- declineAll(db, ids, attempt+1) }()
			}
			errs := []error{<-ended, <-ended}
			for _, err := range errs {
				var refused *pgconn.PgError
				if err != nil && (!errors.As(err, &refused) || refused.Code != "23505") {
					t.Fatalf("round %d, attempt %d: %v", round, attempt+1, err)
				}
			}
			if !slices.Contains(errs, nil) {
				t.Fatalf("round %d, attempt %d: neither was answered: %v", round, attempt+1, errs)
			}
		}
		wantAnswer(t, db, declined(ids[0], 2, "a"))
	}
}

// What the test above sees only when two transactions run at the same moment:
// new orders are sent in the order of their ids.
func TestNewOrdersAreSavedInOneOrder(t *testing.T) {
	t.Parallel()
	register := dedupe.NewRegister()
	for i := range 60 {
		id := fmt.Sprintf("order %02d", 59-i)
		if i%2 == 0 {
			id = fmt.Sprintf("a long beginning, and %d", 59-i)
		}
		register.Record(declined(id, 1, "a"))
	}
	batch := &pgx.Batch{}
	register.QueueSave(batch)
	ids, ok := batch.QueuedQueries[0].Arguments[0].([]string)
	if !ok || len(ids) != 60 || !slices.IsSorted(ids) {
		t.Errorf("they are sent as %q, want all of them sorted", ids)
	}
}

// declineAll declines an attempt of all orders, as far as it is news.
func declineAll(db *pgxpool.Pool, ids []string, attempt int32) error {
	ctx := context.Background()
	return pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		register, err := dedupe.Find(ctx, tx, ids...)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if verdict, _ := register.Decide(id, attempt, asks("a")); verdict <= dedupe.Retry {
				register.Record(declined(id, attempt, "a"))
			}
		}
		return register.Save(ctx, tx)
	})
}

// A transaction that waits for a new order holds no retried one: it would wait
// in a circle with another that found the new order declined and retries both.
func TestNewOrdersAreSavedBeforeRetries(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	save(t, db, declined("old", 1, "a"))
	holder, waiting, other := begin(t, db), begin(t, db), begin(t, db)
	if err := answer(t.Context(), holder, applied("held", 1, "a")); err != nil {
		t.Fatal(err)
	}
	register := find(t, waiting, "held", "new", "old")
	register.Record(applied("held", 1, "a"))
	register.Record(applied("new", 2, "a"))
	register.Record(applied("old", 2, "a"))
	save(t, db, declined("new", 1, "a"))
	ended := make(chan error, 1)
	go func() { ended <- register.Save(context.Background(), waiting) }()
	awaitWaiting(t, db)
	if _, err := other.Exec(t.Context(), "SET LOCAL lock_timeout = '5s'"); err != nil {
		t.Fatal(err)
	}
	if err := answer(t.Context(), other, applied("new", 2, "a"), applied("old", 2, "a")); err != nil {
		t.Errorf("the other transaction: %v", err)
	}
	if err := errors.Join(other.Commit(t.Context()), holder.Rollback(t.Context())); err != nil {
		t.Error(err)
	}
	wantRefused(t, <-ended, "23505", "processed_pkey")
}
