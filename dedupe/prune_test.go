package dedupe_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"deductor/dedupe"
	"deductor/internal/pgtest"
)

// horizon is a time in the past; orders are aged by their distance to it.
var horizon = time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)

func recordHorizon(t *testing.T, db *pgxpool.Pool, before time.Time) error {
	t.Helper()
	return pgx.BeginFunc(t.Context(), db, func(tx pgx.Tx) error {
		return dedupe.RecordHorizon(t.Context(), tx, dedupe.Horizon{Before: before, Actor: "me", Reason: "kept long"})
	})
}

func pruner(t *testing.T, db *pgtest.DB, gone map[int32]int64, kept ...string) *dedupe.Pruner {
	t.Helper()
	p, err := dedupe.NewPruner(t.Context(), pgtest.Conn(t, db.URL))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.Gone(t.Context(), gone), p.Keep(t.Context(), kept)); err != nil {
		t.Fatal(err)
	}
	return p
}

func prune(t *testing.T, p *dedupe.Pruner, execute bool) dedupe.Pruned {
	t.Helper()
	pruned, err := p.Run(t.Context(), horizon, execute, func(done, pages int64) {
		if done > pages {
			t.Errorf("page %d of %d", done, pages)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return pruned
}

// from is an answer with its source.
func from(answer dedupe.Record, source int32, position int64) dedupe.Record {
	answer.Source = &dedupe.Source{ID: source, Position: position}
	return answer
}

// age sets when the orders with a prefix were processed.
func age(t *testing.T, db *pgxpool.Pool, prefix string, at time.Time) {
	t.Helper()
	for _, table := range []string{"processed", "declined_attempt"} {
		if _, err := db.Exec(t.Context(), "UPDATE "+table+" SET processed_at = $1 WHERE starts_with(order_id, $2)",
			at, prefix); err != nil {
			t.Fatal(err)
		}
	}
}

func known(t *testing.T, db *pgxpool.Pool) string {
	t.Helper()
	rows, err := db.Query(t.Context(), `SELECT order_id || '/' || attempt FROM
		(TABLE processed_ids UNION ALL SELECT order_id, attempt FROM declined_attempt) x ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(ids, " ")
}

func TestPromise1_PruneLeavesWhatMayComeBack(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if _, err := db.Pool.Exec(t.Context(),
		"CREATE VIEW processed_ids AS SELECT order_id, attempt FROM processed"); err != nil {
		t.Fatal(err)
	}
	save(t, db.Pool,
		from(applied("old-gone", 1, "a"), 1, 9),
		from(applied("old-topic", 1, "a"), 2, 1_000_000),
		from(applied("old-found", 1, "a"), 1, 8),
		from(applied("old-in-log", 1, "a"), 1, 10),
		from(applied("old-elsewhere", 1, "a"), 3, 1),
		applied("old-sourceless", 1, "a"),
		from(declined("old-retried", 1, "a"), 1, 5),
		from(declined("old-retried-found", 1, "a"), 1, 5),
		from(declined("old-retried-in-log", 1, "a"), 1, 11),
		from(declined("old-retried-elsewhere", 1, "a"), 3, 5),
		from(applied("young", 1, "a"), 1, 1))
	for _, id := range []string{"old-retried", "old-retried-found", "old-retried-in-log", "old-retried-elsewhere"} {
		save(t, db.Pool, from(applied(id, 2, "a"), 1, 7))
	}
	age(t, db.Pool, "old", horizon.Add(-time.Microsecond))
	age(t, db.Pool, "young", horizon)
	before := known(t, db.Pool)

	p := pruner(t, db, map[int32]int64{1: 10, 2: dedupe.Everything},
		"old-found", "old-retried-found", "never-seen", "old-found")
	want := dedupe.Pruned{Orders: 11, Young: 1, Found: 3, Unjudged: 4, Prunable: 3}
	if got := prune(t, p, false); got != want {
		t.Errorf("rehearsed: %+v, want %+v", got, want)
	}
	if after := known(t, db.Pool); after != before {
		t.Errorf("the rehearsal left\n%s\nof\n%s", after, before)
	}
	want.Deleted, want.Attempts = 3, 1
	if got := prune(t, p, true); got != want {
		t.Errorf("pruned: %+v, want %+v", got, want)
	}
	const left = "old-elsewhere/1 old-found/1 old-in-log/1 old-retried-elsewhere/1 old-retried-elsewhere/2 " +
		"old-retried-found/1 old-retried-found/2 old-retried-in-log/1 old-retried-in-log/2 old-sourceless/1 young/1"
	if after := known(t, db.Pool); after != left {
		t.Errorf("left are\n%s\nwant\n%s", after, left)
	}
	if got := prune(t, p, true); got.Prunable != 0 || got.Orders != 8 {
		t.Errorf("a second time: %+v", got)
	}
}

// Interrupted between two chunks, another run goes on.
func TestPruneOfManyPages(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	// Two orders a page, and more pages than one transaction looks at.
	const orders = 900
	if _, err := db.Pool.Exec(t.Context(),
		"ALTER TABLE processed ALTER COLUMN reason SET STORAGE PLAIN"); err != nil { // not compressed
		t.Fatal(err)
	}
	if _, err := db.Pool.Exec(t.Context(), `INSERT INTO processed
		(order_id, attempt, outcome, fingerprint, reason, request, source_id, source_position, processed_at)
		SELECT format('o-%s', n), 1, 2, '0123456789abcdef', repeat('x', 3900), '{}', 1, n, $2
		  FROM generate_series(1, $1::int) n`, orders, horizon.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	p := pruner(t, db, map[int32]int64{1: orders + 1}, fmt.Sprintf("o-%d", orders))
	ctx, interrupt := context.WithCancel(t.Context())
	first, err := p.Run(ctx, horizon, true, func(int64, int64) { interrupt() })
	if !errors.Is(err, context.Canceled) || first.Deleted == 0 || first.Deleted >= orders-1 {
		t.Fatalf("interrupted after one chunk: %+v, %v", first, err)
	}
	again := pruner(t, db, map[int32]int64{1: orders + 1}, fmt.Sprintf("o-%d", orders))
	got := prune(t, again, true)
	if got.Orders != orders-first.Deleted || first.Deleted+got.Deleted != orders-1 || got.Found != 1 {
		t.Errorf("at first %+v, then %+v", first, got)
	}
}

// A declined order that a worker decides again is no longer old: the prune
// waits for the worker, and leaves it.
func TestPromise1_PruneLeavesAnOrderThatIsDecidedAgain(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	save(t, db.Pool, from(declined("old", 1, "a"), 1, 1))
	age(t, db.Pool, "old", horizon.Add(-time.Hour))
	p := pruner(t, db, map[int32]int64{1: 10})
	worker := begin(t, db.Pool)
	if err := answer(t.Context(), worker, from(applied("old", 2, "a"), 1, 10)); err != nil {
		t.Fatal(err)
	}
	pruned := make(chan error, 1)
	go func() {
		_, err := p.Run(context.Background(), horizon, true, func(int64, int64) {})
		pruned <- err
	}()
	awaitWaiting(t, db.Pool)
	commit(t, worker)
	if err := <-pruned; err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, db.Pool, applied("old", 2, "a"))
	wantAnswer(t, db.Pool, declined("old", 1, "a"))
}

// Who does not find an order that was pruned while its transaction was under
// way sees the horizon, although the transaction began before.
func TestPromise1_WhoMissesAnOrderSeesTheHorizon(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	save(t, db.Pool, from(applied("old", 1, "a"), 1, 1))
	age(t, db.Pool, "old", horizon.Add(-time.Hour))
	p := pruner(t, db, map[int32]int64{1: 10})

	worker := begin(t, db.Pool)
	register := dedupe.NewRegister()
	batch := &pgx.Batch{}
	register.QueueFind(batch, []string{"old"})
	if len(batch.QueuedQueries) != 2 {
		t.Fatalf("%d statements", len(batch.QueuedQueries))
	}
	// Between any two statements of the worker's all of the prune may happen.
	for i, query := range batch.QueuedQueries {
		if i == 1 {
			if err := recordHorizon(t, db.Pool, horizon); err != nil {
				t.Fatal(err)
			}
			prune(t, p, true)
		}
		step := &pgx.Batch{}
		step.QueuedQueries = []*pgx.QueuedQuery{query}
		if err := worker.SendBatch(t.Context(), step).Close(); err != nil {
			t.Fatal(err)
		}
	}
	verdict, _ := register.Decide("old", 1, asks("a"))
	if verdict == dedupe.New && register.Horizon().IsZero() {
		t.Error("the order is taken for a new one, and no horizon is known")
	}

	later := find(t, db.Pool, "old")
	if verdict, _ := later.Decide("old", 1, asks("a")); verdict != dedupe.New || !later.Horizon().Equal(horizon) {
		t.Errorf("verdict %d, horizon %v", verdict, later.Horizon())
	}
}

func TestHorizons(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if at := find(t, db.Pool, "o").Horizon(); !at.IsZero() {
		t.Errorf("nothing was pruned, and the horizon is %v", at)
	}
	for _, before := range []time.Time{horizon, horizon.Add(time.Hour), horizon.Add(time.Hour)} {
		if err := recordHorizon(t, db.Pool, before); err != nil {
			t.Fatal(err)
		}
	}
	var passed *dedupe.HorizonError
	if err := recordHorizon(t, db.Pool, horizon); !errors.As(err, &passed) ||
		!passed.InForce.Before.Equal(horizon.Add(time.Hour)) || !strings.Contains(err.Error(), "which me recorded") {
		t.Errorf("an earlier horizon: %v", err)
	}
	wantRefused(t, recordHorizon(t, db.Pool, time.Now().Add(time.Hour)), "23514", "processed_horizon_past")
	all, err := dedupe.Horizons(t.Context(), db.Pool)
	if err != nil || len(all) != 3 || !slices.IsSortedFunc(all, func(a, b dedupe.Horizon) int {
		return b.RecordedAt.Compare(a.RecordedAt)
	}) {
		t.Fatalf("%+v, %v", all, err)
	}
	if inForce := dedupe.InForce(all); inForce != &all[1] || inForce.Actor != "me" || inForce.Reason != "kept long" {
		t.Errorf("in force is %+v", inForce)
	}
	if at := find(t, db.Pool, "o").Horizon(); !at.Equal(horizon.Add(time.Hour)) {
		t.Errorf("the horizon is %v", at)
	}
}
