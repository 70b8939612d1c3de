package dedupe_test

import (
	"slices"
	"strings"
	"testing"

	"deductor/dedupe"
	"deductor/internal/pgtest"
)

// Ids that a collation, a fold of case or width, or a trim would take for one
// another.
var alike = []string{
	"a", "A", " a", "a ", "\u00a0a", "a\u200b", // a zero-width space
	"\u00e1", "a\u0301", // á in one code point and in two
	"\u0430", "\uff41", // Cyrillic, full width
	"ss", "ß", "😀",
}

func TestOrderIDsAreComparedByteByByte(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	for i, id := range alike {
		tx := begin(t, db)
		register := find(t, tx, alike...)
		if verdict, answer := register.Decide(id, 1, asks("a")); verdict != dedupe.New {
			t.Fatalf("%q is taken for %q", id, answer.OrderID)
		}
		record := applied(id, 1, "a")
		record.Ref.ID = int64(i)
		register.Record(record)
		if err := register.Save(t.Context(), tx); err != nil {
			t.Fatal(err)
		}
		commit(t, tx)
		wantAnswer(t, db, record)
	}
	rows, err := db.Query(t.Context(), "SELECT order_id FROM processed ORDER BY order_id")
	if err != nil {
		t.Fatal(err)
	}
	var id string
	var stored []string
	for rows.Next() {
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		stored = append(stored, id)
	}
	if want := slices.Sorted(slices.Values(alike)); !slices.Equal(stored, want) {
		t.Errorf("order %q, want %q", stored, want)
	}
}

// The database's own collation must not matter, whatever it is.
func TestOrderIDsHaveCollationC(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	for _, table := range []string{"processed", "declined_attempt"} {
		var collation string
		if err := db.QueryRow(t.Context(), `SELECT collation_name FROM information_schema.columns
			WHERE table_name = $1 AND column_name = 'order_id'`, table).Scan(&collation); err != nil {
			t.Fatal(err)
		}
		if collation != "C" {
			t.Errorf("%s.order_id has collation %s", table, collation)
		}
	}
}

func TestOrderIDLength(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	for _, id := range []string{"x", strings.Repeat("x", 128), strings.Repeat("é", 64), strings.Repeat("😀", 32)} {
		record := applied(id, 1, "a")
		save(t, db, record)
		wantAnswer(t, db, record)
	}
	for _, id := range []string{"", strings.Repeat("x", 129), strings.Repeat("é", 65)} {
		err := answer(t.Context(), begin(t, db), applied(id, 1, "a"))
		wantRefused(t, err, "23514", "processed_order_id_length")
	}
}
