package dedupe_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"deductor/dedupe"
	"deductor/internal/pgtest"
)

// race lets two transactions find the order in the same state and save their
// answers. The second waits for the first, which then ends by end.
func race(t *testing.T, db *pgxpool.Pool, first, second []dedupe.Record, end func(pgx.Tx) error) (secondErr error) {
	t.Helper()
	one, two := begin(t, db), begin(t, db)
	registers := make([]*dedupe.Register, 2)
	for i, tx := range []pgx.Tx{one, two} {
		registers[i] = find(t, tx, first[0].OrderID)
		for _, answer := range [][]dedupe.Record{first, second}[i] {
			if verdict, _ := registers[i].Decide(answer.OrderID, answer.Attempt, answer.Fingerprint); verdict > dedupe.Retry {
				t.Fatalf("attempt %d is not to be answered, verdict %d", answer.Attempt, verdict)
			}
			registers[i].Record(answer)
		}
	}
	if err := registers[0].Save(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		err := registers[1].Save(context.Background(), two)
		if err == nil {
			err = two.Commit(context.Background())
		}
		ended <- err
	}()
	awaitWaiting(t, db)
	if err := end(one); err != nil {
		t.Fatal(err)
	}
	return <-ended
}

// raceCases: what was stored, and the answers of two transactions at once.
var raceCases = map[string]struct {
	stored, first, second []dedupe.Record
	constraint            string
}{
	"a new order, the same": {
		first: []dedupe.Record{applied("o", 1, "a")}, second: []dedupe.Record{applied("o", 1, "a")},
		constraint: "processed_pkey",
	},
	"a new order, another": {
		first: []dedupe.Record{applied("o", 1, "a")}, second: []dedupe.Record{declined("o", 2, "b")},
		constraint: "processed_pkey",
	},
	"a new order, retried at once": {
		first: []dedupe.Record{declined("o", 1, "a")}, second: []dedupe.Record{declined("o", 1, "a"), applied("o", 2, "a")},
		constraint: "processed_pkey",
	},
	"a retry, the same": {
		stored: []dedupe.Record{declined("o", 1, "a")},
		first:  []dedupe.Record{applied("o", 2, "a")}, second: []dedupe.Record{applied("o", 2, "a")},
		constraint: "declined_attempt_pkey",
	},
	"a retry, a higher one second": {
		stored: []dedupe.Record{declined("o", 1, "a")},
		first:  []dedupe.Record{applied("o", 2, "a")}, second: []dedupe.Record{applied("o", 3, "b")},
		constraint: "declined_attempt_pkey",
	},
	"a retry, a lower one second": {
		stored: []dedupe.Record{declined("o", 1, "a")},
		first:  []dedupe.Record{declined("o", 9, "a")}, second: []dedupe.Record{applied("o", 2, "b")},
		constraint: "declined_attempt_pkey",
	},
	"two retries each": {
		stored: []dedupe.Record{declined("o", 1, "a"), declined("o", 2, "a")},
		first:  []dedupe.Record{declined("o", 3, "a"), applied("o", 4, "a")},
		second: []dedupe.Record{declined("o", 5, "b"), applied("o", 6, "b")}, constraint: "declined_attempt_pkey",
	},
}

func TestPromise1_OneOfTwoTransactionsAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range raceCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t).Pool
			for _, record := range c.stored {
				save(t, db, record)
			}
			err := race(t, db, c.first, c.second, func(one pgx.Tx) error { return one.Commit(t.Context()) })
			wantRefused(t, err, "23505", c.constraint)
			for _, record := range c.first {
				wantAnswer(t, db, record)
			}
			known := find(t, db, "o").Answers("o")
			if want := len(c.stored) + len(c.first); len(known) != want {
				t.Errorf("%d answers are stored, want %d: %+v", len(known), want, known)
			}
		})
	}
}

// When the first one rolls back, the second's answer stands.
func TestPromise2_TheOtherTransactionAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range raceCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t).Pool
			for _, record := range c.stored {
				save(t, db, record)
			}
			if err := race(t, db, c.first, c.second, func(one pgx.Tx) error { return one.Rollback(t.Context()) }); err != nil {
				t.Fatal(err)
			}
			for _, record := range c.second {
				wantAnswer(t, db, record)
			}
		})
	}
}

// The last line: were the key gone, the second transaction would still find no
// declined row to replace, and fail.
func TestPromise1_SupersedingNothingFails(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]string{
		"applied meanwhile": `ALTER TABLE declined_attempt DROP CONSTRAINT declined_attempt_pkey;
			UPDATE processed SET outcome = 1, ref_owner = 1, ref_id = 1, reason = NULL, request = NULL`,
		"another attempt meanwhile": "UPDATE processed SET attempt = 2",
		"deleted meanwhile":         "DELETE FROM processed",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t).Pool
			save(t, db, declined("o", 1, "a"))
			tx := begin(t, db)
			register := find(t, tx, "o")
			if _, err := db.Exec(t.Context(), damage); err != nil {
				t.Fatal(err)
			}
			register.Record(applied("o", 3, "a"))
			pipeline := &pgx.Batch{}
			register.QueueSave(pipeline)
			pipeline.Queue("COMMIT")
			wantRefused(t, tx.SendBatch(t.Context(), pipeline).Close(), "P0004", "")
			for _, record := range find(t, db, "o").Answers("o") {
				if record.Attempt == 3 {
					t.Errorf("it was committed: %+v", record)
				}
			}
		})
	}
}
