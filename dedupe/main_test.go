package dedupe_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"deductor/dedupe"
	"deductor/internal/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Tests{M: m}) }

// asks is the fingerprint of what an order asks for.
func asks(what string) dedupe.Fingerprint { return dedupe.FingerprintOf(what) }

func applied(orderID string, attempt int32, what string) dedupe.Record {
	return dedupe.Record{OrderID: orderID, Attempt: attempt, Fingerprint: asks(what), Outcome: dedupe.Applied,
		Ref: dedupe.Ref{Owner: 7, ID: int64(attempt)}}
}

func declined(orderID string, attempt int32, what string) dedupe.Record {
	request, err := json.Marshal(map[string]string{"what": what})
	if err != nil {
		panic(err) // strings always marshal
	}
	return dedupe.Record{OrderID: orderID, Attempt: attempt, Fingerprint: asks(what), Outcome: dedupe.Declined,
		Reason: "refused", Request: request}
}

// begin is a transaction that is rolled back unless the test commits it.
func begin(t *testing.T, db *pgxpool.Pool) pgx.Tx {
	t.Helper()
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	return tx
}

func commit(t *testing.T, tx pgx.Tx) {
	t.Helper()
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func find(t *testing.T, db dedupe.Querier, orderIDs ...string) *dedupe.Register {
	t.Helper()
	register, err := dedupe.Find(t.Context(), db, orderIDs...)
	if err != nil {
		t.Fatal(err)
	}
	return register
}

// answer finds the orders and saves the answers, on the transaction.
func answer(ctx context.Context, tx pgx.Tx, answers ...dedupe.Record) error {
	ids := make([]string, len(answers))
	for i := range answers {
		ids[i] = answers[i].OrderID
	}
	register, err := dedupe.Find(ctx, tx, ids...)
	if err != nil {
		return err
	}
	for i := range answers {
		register.Record(answers[i])
	}
	return register.Save(ctx, tx)
}

// save answers in a transaction of its own.
func save(t *testing.T, db *pgxpool.Pool, answers ...dedupe.Record) {
	t.Helper()
	if err := pgx.BeginFunc(t.Context(), db, func(tx pgx.Tx) error {
		return answer(t.Context(), tx, answers...)
	}); err != nil {
		t.Fatal(err)
	}
}

// wantAnswer checks what a new request of the order is told.
func wantAnswer(t *testing.T, db *pgxpool.Pool, want dedupe.Record) {
	t.Helper()
	verdict, answer := find(t, db, want.OrderID).Decide(want.OrderID, want.Attempt, want.Fingerprint)
	if verdict != dedupe.Duplicate || answer.Attempt != want.Attempt || answer.Outcome != want.Outcome ||
		answer.Ref != want.Ref || answer.Reason != want.Reason {
		t.Errorf("order %q: verdict %d with %+v, want a duplicate of %+v", want.OrderID, verdict, answer, want)
	}
}

// wantRefused checks for an error of Postgres by its SQLSTATE and constraint.
func wantRefused(t *testing.T, err error, code, constraint string) {
	t.Helper()
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != code || refused.ConstraintName != constraint {
		t.Errorf("error: %v; want SQLSTATE %s of constraint %q", err, code, constraint)
	}
}

// awaitWaiting returns when a session of the database waits for a lock.
func awaitWaiting(t *testing.T, db *pgxpool.Pool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for waiting := false; !waiting; {
		if err := db.QueryRow(t.Context(), `SELECT count(*) > 0 FROM pg_stat_activity, pg_sleep(0.001)
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatal("nobody waits for a lock")
		}
	}
}
