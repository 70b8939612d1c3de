package migrate_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"deductor/internal/migrate"
	"deductor/internal/pgtest"
)

func TestScriptDoesWhatUpDoes(t *testing.T) {
	t.Parallel()
	conn := emptyConn(t)
	mustUp(t, conn, two()[:1])
	states, err := migrate.StatusOf(t.Context(), conn, two())
	if err != nil {
		t.Fatal(err)
	}
	var rest bytes.Buffer
	if err := migrate.SQLOf(&rest, two(), states); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), rest.String()); err != nil {
		t.Fatalf("%v in\n%s", err, rest.String())
	}
	if err := migrate.CheckOf(t.Context(), conn, two()); err != nil {
		t.Error(err)
	}
}

func TestScriptOfThisBinary(t *testing.T) {
	t.Parallel()
	conn := emptyConn(t)
	var script bytes.Buffer
	if err := migrate.SQL(&script, nil); err != nil {
		t.Fatal(err)
	}
	begins, commits := strings.Count(script.String(), "\nBEGIN;\n"), strings.Count(script.String(), "\nCOMMIT;\n")
	if begins < 4 || begins != commits {
		t.Errorf("%d transactions begin, %d end", begins, commits)
	}
	if _, err := conn.Exec(t.Context(), script.String()); err != nil {
		t.Fatal(err)
	}
	if err := migrate.Check(t.Context(), conn); err != nil {
		t.Error(err)
	}
	if ran, err := migrate.Up(t.Context(), conn); err != nil || ran != nil {
		t.Errorf("Up after it ran %v, error %v", ran, err)
	}
}

func TestGrantsQuoteTheRole(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	components := []migrate.Component{{
		Name:   "one",
		Grants: "GRANT SELECT ON t TO :\"role\";\nGRANT INSERT ON t TO :\"role\";\n",
	}}
	if err := migrate.GrantsOf(&out, components, `o"dd role`); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); strings.Count(got, `TO "o""dd role";`) != 3 || strings.Contains(got, `:"`) {
		t.Errorf("got\n%s", got)
	}
}

// The worker's role may look at the schema's state and cannot touch what was
// written once.
func TestGrantsOfThisBinary(t *testing.T) {
	t.Parallel()
	conn := pgtest.Conn(t, pgtest.New(t).WorkerURL(t))
	if err := migrate.Check(t.Context(), conn); err != nil {
		t.Errorf("the worker's role: %v", err)
	}
	for _, statement := range []string{
		"DELETE FROM transfer", "UPDATE transfer SET amount = 1", "TRUNCATE transfer",
		"DELETE FROM processed", "DELETE FROM account", "UPDATE account SET overdraft_limit = 1",
		"DELETE FROM schema_migration", "UPDATE schema_migration SET version = 1", "CREATE TABLE own ()",
	} {
		_, err := conn.Exec(t.Context(), statement)
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != "42501" { // insufficient_privilege
			t.Errorf("%s: got %v, want it refused", statement, err)
		}
	}
}
