package bench

import (
	"bytes"
	"slices"
	"testing"

	"deductor/internal/pgtest"
)

func TestCopyIsCutIntoCompletePieces(t *testing.T) {
	t.Parallel()
	conn := pgtest.Conn(t, pgtest.NewEmpty(t).URL)
	const rows = "SELECT n, CASE WHEN n % 3 > 0 THEN repeat('x', n) END FROM generate_series(1, 23) AS n"
	var data bytes.Buffer
	if _, err := conn.PgConn().CopyTo(t.Context(), &data, "COPY ("+rows+") TO STDOUT (FORMAT binary)"); err != nil {
		t.Fatal(err)
	}
	for size, want := range map[int]int{1: 23, 5: 5, 22: 2, 23: 1, 100: 1} {
		pieces, count, err := cutCopy(data.Bytes(), size)
		if err != nil || count != 23 || len(pieces) != want {
			t.Fatalf("%d rows in %d pieces, error %v", count, len(pieces), err)
		}
		const fresh = "DROP TABLE IF EXISTS again; CREATE TABLE again (n integer, x text)"
		if _, err := conn.Exec(t.Context(), fresh); err != nil {
			t.Fatal(err)
		}
		for _, piece := range pieces {
			const sql = "COPY again FROM STDIN (FORMAT binary)"
			tag, err := conn.PgConn().CopyFrom(t.Context(), bytes.NewReader(piece), sql)
			if err != nil || tag.RowsAffected() > int64(size) {
				t.Fatalf("%v, error %v", tag, err)
			}
		}
		var differ int
		err = conn.QueryRow(t.Context(), "SELECT count(*) FROM ("+rows+") AS a (n, x) FULL JOIN again AS b ON a.n = b.n"+
			" WHERE a.x IS DISTINCT FROM b.x OR a.n IS NULL OR b.n IS NULL").Scan(&differ)
		if err != nil || differ != 0 {
			t.Errorf("in pieces of %d, %d rows differ (error %v)", size, differ, err)
		}
	}
}

func TestCutCopyRefusesWhatIsCutShort(t *testing.T) {
	t.Parallel()
	whole := slices.Concat(copySignature, make([]byte, 8), []byte{0, 1, 0, 0, 0, 2, 'a', 'b'}, copyEnd)
	if _, rows, err := cutCopy(whole, 1); err != nil || rows != 1 {
		t.Fatalf("%d rows, error %v", rows, err)
	}
	for end := range len(whole) - 1 {
		if _, _, err := cutCopy(whole[:end], 1); err == nil {
			t.Errorf("the first %d bytes were taken", end)
		}
	}
}
