package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sync/errgroup"

	"deductor/internal/migrate"
	"deductor/internal/pgtest"
)

func emptyConn(t *testing.T) *pgx.Conn {
	t.Helper()
	return pgtest.Conn(t, pgtest.NewEmpty(t).URL)
}

func mustUp(t *testing.T, conn *pgx.Conn, components []migrate.Component) []string {
	t.Helper()
	ran, err := migrate.UpOf(t.Context(), conn, components)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, applied := range ran {
		if applied.At.IsZero() {
			t.Errorf("%s ran at no time", applied)
		}
		names = append(names, applied.String())
	}
	return names
}

func TestUp(t *testing.T) {
	t.Parallel()
	conn := emptyConn(t)
	want := []string{"zeta 001_words", "zeta 002_words", "alpha 001_words"}
	if ran := mustUp(t, conn, two()); !slices.Equal(ran, want) {
		t.Errorf("ran %v, want %v", ran, want)
	}
	if err := migrate.CheckOf(t.Context(), conn, two()); err != nil {
		t.Errorf("after it: %v", err)
	}
	if ran := mustUp(t, conn, two()); ran != nil {
		t.Errorf("ran %v again", ran)
	}
	grown := append(two(), component("beta", "CREATE TABLE third ();"))
	if ran := mustUp(t, conn, grown); !slices.Equal(ran, []string{"beta 001_words"}) {
		t.Errorf("ran %v, want the new one alone", ran)
	}
}

func TestUpOfThisBinary(t *testing.T) {
	t.Parallel()
	conn := emptyConn(t)
	ran, err := migrate.Up(t.Context(), conn)
	if err != nil || len(ran) < 3 {
		t.Fatalf("ran %v, error %v", ran, err)
	}
	if err := migrate.Check(t.Context(), conn); err != nil {
		t.Error(err)
	}
	states, err := migrate.Status(t.Context(), conn)
	if err != nil || len(states) != len(ran) {
		t.Fatalf("states %v, error %v", states, err)
	}
	for i, state := range states {
		if state.Pending() || !state.AppliedAt.Equal(ran[i].At) || state.Changed() || !state.Known {
			t.Errorf("state %+v, but it ran at %v", state, ran[i].At)
		}
	}
}

func TestUpAllAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.NewEmpty(t)
	var together errgroup.Group
	counts := make([]int, 8)
	for i := range counts {
		conn := pgtest.Conn(t, db.URL)
		together.Go(func() error {
			ran, err := migrate.UpOf(t.Context(), conn, two())
			counts[i] = len(ran)
			return err
		})
	}
	if err := together.Wait(); err != nil {
		t.Error(err)
	}
	sum := 0
	for _, n := range counts {
		sum += n
	}
	if sum != 3 {
		t.Errorf("ran %v, want 3 migrations altogether", counts)
	}
}

func TestUpStopsAtAFailure(t *testing.T) {
	t.Parallel()
	conn := emptyConn(t)
	components := append(two(), component("bad", "CREATE TABLE half (); SELECT 1/0;", "CREATE TABLE later ();"))
	ran, err := migrate.UpOf(t.Context(), conn, components)
	var refused *pgconn.PgError
	if len(ran) != 3 || !errors.As(err, &refused) ||
		!strings.Contains(err.Error(), "bad 001_words") {
		t.Errorf("ran %v, error %v; want three and the failing one's name", ran, err)
	}
	var left bool
	err = conn.QueryRow(t.Context(),
		"SELECT to_regclass('half') IS NOT NULL OR to_regclass('later') IS NOT NULL").Scan(&left)
	if err != nil || left {
		t.Errorf("a part of it stayed: %v (error %v)", left, err)
	}
}

func TestMissing(t *testing.T) {
	t.Parallel()
	conn := emptyConn(t)
	expectMissing := func(components []migrate.Component, want int) {
		t.Helper()
		err := migrate.CheckOf(t.Context(), conn, components)
		var missing *migrate.MissingError
		if !errors.As(err, &missing) || len(missing.Pending) != want ||
			!strings.Contains(err.Error(), `run "deductor migrate up"`) {
			t.Errorf("got %v, want %d missing", err, want)
		}
	}
	expectMissing(two(), 3)
	states, err := migrate.StatusOf(t.Context(), conn, two())
	if err != nil || len(states) != 3 || !states[0].Pending() {
		t.Errorf("states %v, error %v, want three pending", states, err)
	}
	mustUp(t, conn, two()[:1])
	expectMissing(two(), 1)
}

func TestNewer(t *testing.T) {
	t.Parallel()
	conn := emptyConn(t)
	mustUp(t, conn, two())
	for name, older := range map[string][]migrate.Component{
		"without a component": two()[:1],
		"without a version":   {component("zeta", "CREATE TABLE first (id integer PRIMARY KEY);"), two()[1]},
	} {
		_, upErr := migrate.UpOf(t.Context(), conn, older)
		for _, err := range []error{upErr, migrate.CheckOf(t.Context(), conn, older)} {
			var newer *migrate.NewerError
			if !errors.As(err, &newer) || len(newer.Unknown) != 1 || !strings.Contains(err.Error(), "binary is older") {
				t.Errorf("%s: got %v, want one unknown", name, err)
			}
		}
	}
}

func TestChanged(t *testing.T) {
	t.Parallel()
	conn := emptyConn(t)
	mustUp(t, conn, two())
	edited := two()
	edited[1] = component("alpha", "CREATE TABLE second ();")
	_, upErr := migrate.UpOf(t.Context(), conn, edited)
	for _, err := range []error{upErr, migrate.CheckOf(t.Context(), conn, edited)} {
		var changed *migrate.ChangedError
		if !errors.As(err, &changed) || changed.Migration.String() != "alpha 001_words" ||
			changed.RanChecksum == changed.Migration.Checksum {
			t.Errorf("got %v, want alpha 001_words changed", err)
		}
	}
}

func TestSearchPathDecidesTheSchema(t *testing.T) {
	t.Parallel()
	conn := emptyConn(t)
	if _, err := conn.Exec(t.Context(), "CREATE SCHEMA payments; SET search_path = payments"); err != nil {
		t.Fatal(err)
	}
	mustUp(t, conn, two())
	var tables int
	err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'payments'").Scan(&tables)
	if err != nil || tables != 3 {
		t.Errorf("%d tables in the schema (error %v), want 3", tables, err)
	}
	if _, err := conn.Exec(t.Context(), "SET search_path = public"); err != nil {
		t.Fatal(err)
	}
	var missing *migrate.MissingError
	if err := migrate.CheckOf(t.Context(), conn, two()); !errors.As(err, &missing) {
		t.Errorf("another schema has them too: %v", err)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ why, file, text string }{
		{"a gap", "002_words.up.sql", "SELECT;"},
		{"a misnamed file", "001-words.sql", "SELECT;"},
		{"an unfinished statement", "001_words.up.sql", "SELECT\n"},
	} {
		t.Run(tc.why, func(t *testing.T) {
			files := fstest.MapFS{tc.file: {Data: []byte(tc.text)}}
			_, err := migrate.Load([]migrate.Component{{Name: "odd", FS: files}})
			if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("migrations of odd: file %s", tc.file)) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestEncoding(t *testing.T) {
	t.Parallel()
	db := pgtest.NewEmpty(t)
	const name = "latin"
	if _, err := db.Pool.Exec(t.Context(),
		"CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'"); err != nil {
		t.Fatal(err)
	}
	config := db.Pool.Config().ConnConfig.Copy()
	config.Database = name
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	_, upErr := migrate.Up(t.Context(), conn)
	for _, err := range []error{upErr, migrate.Check(t.Context(), conn)} {
		var encoding *migrate.EncodingError
		if !errors.As(err, &encoding) || encoding.Encoding != "LATIN1" {
			t.Errorf("got %v, want the encoding LATIN1 to be refused", err)
		}
	}
}
