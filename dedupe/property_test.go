package dedupe_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"pgregory.net/rapid"

	"deductor/dedupe"
	"deductor/internal/pgtest"
)

// memory is the plainest register: all answers of an order in a map.
type memory map[string]map[int32]dedupe.Record

// latest is the answer to the highest attempt.
func (m memory) latest(orderID string) (latest dedupe.Record) {
	for attempt, record := range m[orderID] {
		if attempt > latest.Attempt {
			latest = record
		}
	}
	return latest
}

// answer is the one to an attempt: its own, the next higher one's, or the latest.
func (m memory) answer(orderID string, attempt int32) dedupe.Record {
	latest := m.latest(orderID)
	for ; attempt < latest.Attempt; attempt++ {
		if record, answered := m[orderID][attempt]; answered {
			return record
		}
	}
	return latest
}

func (m memory) decide(r request) dedupe.Verdict {
	latest := m.latest(r.orderID)
	switch {
	case latest.Attempt == 0:
		return dedupe.New
	case latest.Outcome == dedupe.Declined && r.attempt > latest.Attempt:
		return dedupe.Retry
	case m.answer(r.orderID, r.attempt).Fingerprint == asks(r.what):
		return dedupe.Duplicate
	default:
		return dedupe.Conflict
	}
}

func (m memory) clone() memory {
	c := make(memory)
	for orderID, answers := range m {
		c[orderID] = make(map[int32]dedupe.Record)
		for attempt, record := range answers {
			c[orderID][attempt] = record
		}
	}
	return c
}

func (m memory) record(r dedupe.Record) {
	if m[r.OrderID] == nil {
		m[r.OrderID] = make(map[int32]dedupe.Record)
	}
	m[r.OrderID][r.Attempt] = r
}

// request asks for something, and is refused when it is decided now.
type request struct {
	orderID string
	attempt int32
	what    string
	refused bool
}

func (r request) answer() dedupe.Record {
	if r.refused {
		return declined(r.orderID, r.attempt, r.what)
	}
	return applied(r.orderID, r.attempt, r.what)
}

var requests = rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) request {
	return request{
		orderID: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "order"),
		attempt: rapid.Int32Range(1, 6).Draw(rt, "attempt"),
		what:    rapid.SampledFrom([]string{"this", "that"}).Draw(rt, "what"),
		refused: rapid.IntRange(0, 3).Draw(rt, "refused") > 0,
	}
}), 1, 8)

// session is a transaction that has found, decided and recorded, but not saved.
type session struct {
	tx       pgx.Tx
	register *dedupe.Register
	// after is the memory as it will be when the transaction commits.
	after memory
	// news are the orders that it answered.
	news map[string]bool
}

// decideAll opens a transaction and gives each request to its register and to
// the memory.
func decideAll(ctx context.Context, rt *rapid.T, db *pgxpool.Pool, before memory, asked []request) *session {
	tx, err := db.Begin(ctx)
	if err != nil {
		rt.Fatal(err)
	}
	rt.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	s := &session{tx: tx, after: before.clone(), news: make(map[string]bool)}
	if s.register, err = dedupe.Find(ctx, tx, "a", "b", "c"); err != nil {
		rt.Fatal(err)
	}
	wantMatches(ctx, rt, tx, before, asked)
	for _, r := range asked {
		want := s.after.decide(r)
		verdict, known := s.register.Decide(r.orderID, r.attempt, asks(r.what))
		if verdict != want {
			rt.Fatalf("%+v: verdict %d, want %d", r, verdict, want)
		}
		if verdict <= dedupe.Retry {
			s.register.Record(r.answer())
			s.after.record(r.answer())
			s.news[r.orderID] = true
			continue
		}
		wantSame(rt, *known, s.after.answer(r.orderID, r.attempt))
	}
	return s
}

// wantMatches checks that what matches is a duplicate by the memory, and that what was applied at
// the first attempt matches.
func wantMatches(ctx context.Context, rt *rapid.T, tx pgx.Tx, before memory, asked []request) {
	rt.Helper()
	compared := make([]dedupe.Request, len(asked))
	for i, r := range asked {
		compared[i] = dedupe.Request{OrderID: r.orderID, Fingerprint: asks(r.what)}
	}
	matched, err := match(ctx, tx, compared...)
	if err != nil {
		rt.Fatal(err)
	}
	for i, r := range asked {
		first := before.latest(r.orderID)
		want := first.Attempt == 1 && first.Outcome == dedupe.Applied && first.Fingerprint == asks(r.what)
		if matched[i] != want || want && before.decide(r) != dedupe.Duplicate {
			rt.Fatalf("%+v matched: %t, want %t; verdict %d", r, matched[i], want, before.decide(r))
		}
	}
}

// commit saves and commits, or rolls back.
func (s *session) commit(ctx context.Context) error {
	if err := s.register.Save(ctx, s.tx); err != nil {
		return errors.Join(err, s.tx.Rollback(ctx))
	}
	return s.tx.Commit(ctx)
}

func wantSame(rt *rapid.T, got, want dedupe.Record) {
	rt.Helper()
	if got.OrderID != want.OrderID || got.Attempt != want.Attempt || got.Fingerprint != want.Fingerprint ||
		got.Outcome != want.Outcome || got.Ref != want.Ref || got.Reason != want.Reason ||
		(got.Request == nil) != (want.Request == nil) {
		rt.Fatalf("record %+v, want %+v", got, want)
	}
}

// Random requests in transactions that commit, roll back, or meet another one
// that found the same state and commits first.
func TestPromise1_AtMostOnce(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db := pgtest.New(t).Pool
	rapid.Check(t, func(rt *rapid.T) {
		if _, err := db.Exec(ctx, "TRUNCATE processed, declined_attempt"); err != nil {
			rt.Fatal(err)
		}
		known := make(memory)
		for range rapid.IntRange(1, 6).Draw(rt, "transactions") {
			s := decideAll(ctx, rt, db, known, requests.Draw(rt, "requests"))
			switch rapid.SampledFrom([]string{"commit", "roll back", "race"}).Draw(rt, "end") {
			case "commit":
				if err := s.commit(ctx); err != nil {
					rt.Fatal(err)
				}
				known = s.after
			case "roll back":
				if err := errors.Join(s.register.Save(ctx, s.tx), s.tx.Rollback(ctx)); err != nil {
					rt.Fatal(err)
				}
			case "race":
				known = overtake(ctx, rt, db, known, s)
			}
			wantStored(ctx, rt, db, known)
		}
	})
}

// overtake lets another transaction commit before s: s fails if both answered
// one order, and is then asked again.
func overtake(ctx context.Context, rt *rapid.T, db *pgxpool.Pool, known memory, s *session) memory {
	first := decideAll(ctx, rt, db, known, requests.Draw(rt, "overtaking requests"))
	if err := first.commit(ctx); err != nil {
		rt.Fatal(err)
	}
	meet := false
	after := first.after.clone()
	for orderID := range s.news {
		meet = meet || first.news[orderID]
		after[orderID] = s.after[orderID]
	}
	err := s.commit(ctx)
	if !meet {
		if err != nil {
			rt.Fatal(err)
		}
		return after
	}
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "23505" {
		rt.Fatalf("both answered one order: %v", err)
	}
	return first.after
}

// wantStored compares all that is stored with the memory.
func wantStored(ctx context.Context, rt *rapid.T, db *pgxpool.Pool, known memory) {
	register, err := dedupe.Find(ctx, db, "a", "b", "c")
	if err != nil {
		rt.Fatal(err)
	}
	for _, orderID := range []string{"a", "b", "c"} {
		answers := register.Answers(orderID)
		if len(answers) != len(known[orderID]) {
			rt.Fatalf("order %s: answers %+v, want %+v", orderID, answers, known[orderID])
		}
		for i, record := range answers {
			wantSame(rt, record, known[orderID][record.Attempt])
			if record.Outcome == dedupe.Applied && i > 0 {
				rt.Fatalf("order %s was answered after it was applied: %+v", orderID, answers)
			}
		}
	}
}
