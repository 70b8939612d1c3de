package dedupe_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"deductor/dedupe"
	"deductor/internal/pgtest"
)

// answersTo reads the answers to an order, the highest attempt first, and checks that
// each has a time, which it then takes away.
func answersTo(t *testing.T, db *pgxpool.Pool, orderID string) []dedupe.Record {
	t.Helper()
	answers := find(t, db, orderID).Answers(orderID)
	for i := range answers {
		if age := time.Since(answers[i].ProcessedAt); age < -time.Minute || age > time.Hour {
			t.Errorf("attempt %d was processed at %v", answers[i].Attempt, answers[i].ProcessedAt)
		}
		answers[i].ProcessedAt = time.Time{}
		answers[i].Request = compact(t, answers[i].Request)
	}
	return answers
}

// compact undoes the spaces that jsonb adds.
func compact(t *testing.T, request json.RawMessage) json.RawMessage {
	t.Helper()
	if request == nil {
		return nil
	}
	var value any
	if err := json.Unmarshal(request, &value); err != nil {
		t.Fatal(err)
	}
	packed, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

func TestSaveKeepsEveryField(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	done, refused := applied("done", 3, "a"), declined("refused", 2, "b")
	done.Ref = dedupe.Ref{Owner: -1 << 63, ID: 1<<63 - 1}
	done.Source = &dedupe.Source{ID: 1<<31 - 1, Position: 1<<63 - 1}
	refused.Reason = "not \"today\", é"
	refused.Source = &dedupe.Source{} // zeros are values, too
	plain, plainRefused := applied("plain", 1, "c"), declined("plain refused", 1, "d")
	all := []dedupe.Record{done, refused, plain, plainRefused}
	save(t, db, all...)
	wantFields(t, db, all)
	if _, err := db.Exec(t.Context(), "DELETE FROM processed"); err != nil {
		t.Fatal(err)
	}
	copyAll(t, db, all...)
	wantFields(t, db, all)
}

func wantFields(t *testing.T, db *pgxpool.Pool, records []dedupe.Record) {
	t.Helper()
	for _, want := range records {
		if got := answersTo(t, db, want.OrderID); !reflect.DeepEqual(got, []dedupe.Record{want}) {
			t.Errorf("%s:\n%+v, want\n%+v", want.OrderID, got, want)
		}
	}
}

// copyAll records answers as save does, new orders by COPY.
func copyAll(t *testing.T, db *pgxpool.Pool, answers ...dedupe.Record) {
	t.Helper()
	register := dedupe.NewRegister()
	for _, answer := range answers {
		register.Record(answer)
	}
	if err := pgx.BeginFunc(t.Context(), db, func(tx pgx.Tx) error {
		if err := register.CopyNew(t.Context(), tx.Conn()); err != nil {
			return err
		}
		return register.Save(t.Context(), tx)
	}); err != nil {
		t.Fatal(err)
	}
}

// The key of an order is a key for COPY, too.
func TestCopyOfAKnownOrderIsRefused(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	save(t, db, applied("known", 1, "a"))
	register := dedupe.NewRegister()
	register.Record(applied("new", 1, "b"))
	register.Record(applied("known", 1, "a"))
	err := pgx.BeginFunc(t.Context(), db, func(tx pgx.Tx) error { return register.CopyNew(t.Context(), tx.Conn()) })
	wantRefused(t, err, "23505", "processed_pkey")
}

func TestSupersededAttemptsAreKept(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	first, second := declined("o", 1, "a"), declined("o", 2, "b")
	third, fourth := declined("o", 4, "c"), applied("o", 5, "d")
	first.Source = &dedupe.Source{ID: 1, Position: 10}
	second.Source = &dedupe.Source{ID: 2, Position: 20}
	fourth.Source = &dedupe.Source{ID: 4, Position: 40}
	fourth.Ref = dedupe.Ref{Owner: 8, ID: 9}
	want := []dedupe.Record{fourth, first, second, third}
	for name, batches := range map[string][][]dedupe.Record{
		"all at once":       {{first, second, third, fourth}},
		"one by one":        {{first}, {second}, {third}, {fourth}},
		"two by two":        {{first, second}, {third, fourth}},
		"one, then three":   {{first}, {second, third, fourth}},
		"three, then one":   {{first, second, third}, {fourth}},
		"one, two, and one": {{first}, {second, third}, {fourth}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := db.Exec(t.Context(), "TRUNCATE processed, declined_attempt"); err != nil {
				t.Fatal(err)
			}
			for _, batch := range batches {
				save(t, db, batch...)
			}
			got := answersTo(t, db, "o")
			slices.SortFunc(got[1:], func(a, b dedupe.Record) int { return cmp.Compare(a.Attempt, b.Attempt) })
			if !reflect.DeepEqual(got, want) {
				t.Errorf("answers\n%+v, want\n%+v", got, want)
			}
		})
	}
}

// The answers of this transaction are among an order's before they are saved.
func TestAnswersBeforeSave(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	save(t, db, declined("o", 1, "a"), declined("o", 2, "a"))
	register := find(t, db, "o")
	register.Record(declined("o", 3, "a"))
	register.Record(applied("o", 4, "a"))
	var attempts []int32
	for _, answer := range register.Answers("o") {
		attempts = append(attempts, answer.Attempt)
	}
	if highest := attempts[0]; highest != 4 {
		t.Errorf("attempt %d comes first, want the highest", highest)
	}
	slices.Sort(attempts)
	if want := []int32{1, 2, 3, 4}; !slices.Equal(attempts, want) {
		t.Errorf("attempts %d, want %d", attempts, want)
	}
}

// The time of a superseded attempt stays that of its own transaction.
func TestSupersededAttemptsKeepTheirTime(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	save(t, db, declined("o", 1, "a"))
	before := find(t, db, "o").Answers("o")[0].ProcessedAt
	save(t, db, declined("o", 2, "a"))
	answers := find(t, db, "o").Answers("o")
	if !answers[1].ProcessedAt.Equal(before) || !answers[0].ProcessedAt.After(before) {
		t.Errorf("processed at %v and %v, want %v and later", answers[1].ProcessedAt, answers[0].ProcessedAt, before)
	}
}

func TestSaveOfNothing(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	save(t, db, applied("o", 1, "a"))
	tx := begin(t, db)
	if err := find(t, tx, "o").Save(t.Context(), tx); err != nil {
		t.Errorf("a register that only read: %v", err)
	}
	if err := dedupe.NewRegister().Save(t.Context(), tx); err != nil {
		t.Errorf("an empty register: %v", err)
	}
}

// Records that break a rule of the table are refused by it.
func TestRecordsThatCannotBe(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	change := func(record dedupe.Record, change func(*dedupe.Record)) dedupe.Record {
		change(&record)
		return record
	}
	good, refused := applied("o", 1, "a"), declined("o", 1, "a")
	for name, c := range map[string]struct {
		record     dedupe.Record
		constraint string
	}{
		"attempt 0":   {change(good, func(r *dedupe.Record) { r.Attempt = 0 }), "processed_attempt_positive"},
		"no outcome":  {change(good, func(r *dedupe.Record) { r.Outcome = 0 }), "processed_outcome_known"},
		"no request":  {change(refused, func(r *dedupe.Record) { r.Request = nil }), "processed_declined_has_reason"},
		"no order id": {change(good, func(r *dedupe.Record) { r.OrderID = "" }), "processed_order_id_length"},
	} {
		t.Run(name, func(t *testing.T) {
			wantRefused(t, answer(t.Context(), begin(t, db), c.record), "23514", c.constraint)
		})
	}
}

// An applied order that is recorded again, which Decide never asks for, is
// refused by the database.
func TestPromise1_AppliedIsNeverSuperseded(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	save(t, db, applied("o", 1, "a"))
	err := answer(t.Context(), begin(t, db), applied("o", 2, "a"))
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "23502" { // not_null_violation: it has no request to keep
		t.Errorf("error %v, want SQLSTATE 23502", err)
	}
	wantAnswer(t, db, applied("o", 1, "a"))
}
