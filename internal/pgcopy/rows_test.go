package pgcopy_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"deductor/internal/pgcopy"
	"deductor/internal/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Tests{M: m}) }

const (
	table = `CREATE TABLE t (a smallint, b integer, c bigint, d text CHECK (d <> 'refused'), e bytea, f jsonb)`
	sql   = `COPY t (a, b, c, d, e, f) FROM STDIN (FORMAT binary)`
)

func TestEveryType(t *testing.T) {
	t.Parallel()
	conn := pgtest.Conn(t, pgtest.NewEmpty(t).URL)
	if _, err := conn.Exec(t.Context(), table); err != nil {
		t.Fatal(err)
	}
	rows := pgcopy.New(0)
	row := func(a int16, b int32, c int64, d string, e, f []byte) {
		rows.Begin(6)
		rows.Int16(a)
		rows.Int32(b)
		rows.Int64(c)
		rows.Text(d)
		rows.Bytes(e)
		rows.JSONB(f)
	}
	row(math.MinInt16, math.MinInt32, math.MinInt64, "é\t\\N", []byte{0, 255}, []byte(`{"k": "v"}`))
	row(math.MaxInt16, math.MaxInt32, math.MaxInt64, "", nil, []byte(`null`))
	rows.Begin(6)
	for range 6 {
		rows.Null()
	}
	if err := rows.Copy(t.Context(), conn.PgConn(), sql); err != nil {
		t.Fatal(err)
	}
	var got string
	if err := conn.QueryRow(t.Context(), `SELECT string_agg(t::text, E'\n' ORDER BY a) FROM t`).Scan(&got); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		`(-32768,-2147483648,-9223372036854775808,"é	\\N","\\x00ff","{""k"": ""v""}")`,
		`(32767,2147483647,9223372036854775807,"","\\x",null)`,
		`(,,,,,)`,
	}, "\n")
	if got != want {
		t.Errorf("stored:\n%s\nwant:\n%s", got, want)
	}
}

func TestRefusedRows(t *testing.T) {
	t.Parallel()
	conn := pgtest.Conn(t, pgtest.NewEmpty(t).URL)
	if _, err := conn.Exec(t.Context(), table+`;
		CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
		CREATE TRIGGER leave_out BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.d = 'left out') EXECUTE FUNCTION leave_out()`,
	); err != nil {
		t.Fatal(err)
	}
	texts := func(texts ...string) error {
		rows := pgcopy.New(0)
		for _, text := range texts {
			rows.Begin(1)
			rows.Text(text)
		}
		return rows.Copy(t.Context(), conn.PgConn(), `COPY t (d) FROM STDIN (FORMAT binary)`)
	}
	var refused *pgconn.PgError
	if err := texts("taken", "refused"); !errors.As(err, &refused) || refused.Code != "23514" { // check_violation
		t.Errorf("error %v, want SQLSTATE 23514", err)
	}
	if err := texts("taken", "left out"); err == nil || !strings.Contains(err.Error(), "1 rows were copied, not 2") {
		t.Errorf("error %v, want it to say that a row is missing", err)
	}
}
