package schematest

import (
	"context"
	"io/fs"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

const (
	// A NOT NULL is a constraint with a name, too, from Postgres 18 on; errors
	// tell its column, so the name need not be chosen.
	constraints = `
SELECT conrelid::regclass::text, conname
  FROM pg_constraint
 WHERE connamespace = 'alone'::regnamespace AND contype <> 'n'
 ORDER BY 1, 2`

	// A table or view itself has the empty column name.
	uncommented = `
SELECT c.relname, coalesce(a.attname, '')
  FROM pg_class c
  LEFT JOIN LATERAL (SELECT NULL::smallint AS attnum, NULL::name AS attname
                      UNION ALL
                     SELECT attnum, attname FROM pg_attribute
                      WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND c.relkind = 'r') a ON true
 WHERE c.relnamespace = 'alone'::regnamespace AND c.relkind IN ('r', 'v')
   AND coalesce(col_description(c.oid, a.attnum), '') = ''
   AND (a.attnum IS NOT NULL OR coalesce(obj_description(c.oid, 'pg_class'), '') = '')
 ORDER BY 1, a.attnum`
)

// Migrations runs a package's migrations in an empty schema, which shows that
// it needs no other package's. It checks that each constraint has the name
// that the migrations give it, none that Postgres made up, and that every
// table, view and column of a table has a comment for \d+.
func Migrations(t *testing.T, conn *pgx.Conn, migrations fs.FS) {
	t.Helper()
	written := run(t, conn, migrations)
	seen := each(t, conn, constraints, func(table, name string) {
		if !strings.Contains(written, "CONSTRAINT "+name+" ") {
			t.Errorf("%s: the name of constraint %s is not from the migrations", table, name)
		}
	})
	if seen == 0 {
		t.Error("the migrations made no constraint")
	}
	each(t, conn, uncommented, func(relation, column string) {
		t.Errorf("%s has no comment", strings.TrimSuffix(relation+"."+column, "."))
	})
}

// run returns all that the migrations say.
func run(t *testing.T, conn *pgx.Conn, migrations fs.FS) string {
	t.Helper()
	ctx := context.Background()
	if _, err := conn.Exec(ctx, "CREATE SCHEMA alone; SET search_path TO alone"); err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(migrations, "*.up.sql")
	if err != nil {
		t.Fatal(err)
	}
	var written strings.Builder
	for _, name := range names {
		sql, err := fs.ReadFile(migrations, name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(ctx, string(sql)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		written.Write(sql)
	}
	return written.String()
}

func each(t *testing.T, conn *pgx.Conn, sql string, visit func(relation, name string)) (seen int64) {
	t.Helper()
	rows, err := conn.Query(context.Background(), sql)
	if err != nil {
		t.Fatal(err)
	}
	var relation, name string
	tag, err := pgx.ForEachRow(rows, []any{&relation, &name}, func() error {
		visit(relation, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tag.RowsAffected()
}
