package main

import (
	"strings"
	"testing"

	"deductor/internal/pgtest"
)

func TestMigrate(t *testing.T) {
	t.Parallel()
	db := pgtest.NewEmpty(t)
	env := map[string]string{"DEDUCTOR_DATABASE_URL": db.URL}

	var before []migrationState
	mustRead(t, env, &before, "migrate", "status")
	for _, m := range before {
		if m.State != "pending" || m.AppliedAt != nil {
			t.Errorf("in a new database: %+v", m)
		}
	}
	said := mustRun(t, env, "migrate", "up")
	if !strings.Contains(said, "applied ledger 001_ledger\n") || strings.Count(said, "\n") != len(before) {
		t.Errorf("migrate up says %q", said)
	}
	if said := mustRun(t, env, "migrate", "up"); said != "nothing to do: the schema is up to date\n" {
		t.Errorf("the second migrate up says %q", said)
	}
	var after []migrationState
	mustRead(t, env, &after, "migrate", "status")
	for _, m := range after {
		if m.State != "applied" || m.AppliedAt == nil {
			t.Errorf("after migrate up: %+v", m)
		}
	}
	if said := mustRun(t, env, "migrate", "status"); !strings.HasPrefix(said, "MIGRATION") ||
		!strings.Contains(said, "ledger 001_ledger") {
		t.Errorf("migrate status says:\n%s", said)
	}
}

func TestMigrateSQL(t *testing.T) {
	t.Parallel()
	db := pgtest.NewEmpty(t)
	env := map[string]string{"DEDUCTOR_DATABASE_URL": db.URL}
	if _, err := db.Pool.Exec(t.Context(), mustRun(t, nil, "migrate", "sql")); err != nil {
		t.Fatalf("the script doesn't run: %v", err)
	}
	if said := mustRun(t, env, "migrate", "up"); !strings.HasPrefix(said, "nothing to do") {
		t.Errorf("migrate up after the script says %q", said)
	}
	pending := mustRun(t, env, "migrate", "sql", "--pending")
	if strings.Contains(pending, "CREATE TABLE watermark") {
		t.Errorf("a migration that ran is among the pending:\n%s", pending)
	}
	grants := mustRun(t, nil, "migrate", "sql", "--role", `o"dd`)
	if !strings.Contains(grants, `TO "o""dd";`) || strings.Contains(grants, "DELETE") {
		t.Errorf("grants are:\n%s", grants)
	}
}

func TestMigrateRefusesNewerSchema(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if _, err := db.Pool.Exec(t.Context(), `INSERT INTO schema_migration (component, version, name, checksum)
		VALUES ('ledger', 999, 'future', repeat('a', 64))`); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"DEDUCTOR_DATABASE_URL": db.URL}
	runCommand(t, env, "", "migrate", "up").expect(t, 1, "ledger 999_future")
	var states []migrationState
	mustRead(t, env, &states, "migrate", "status")
	if last := states[len(states)-1]; last.State != "unknown" || last.Name != "future" {
		t.Errorf("the last migration is %+v", last)
	}
}

// With --role, a role that may do nothing can do a worker's work, and no more.
func TestMigrateUpForRole(t *testing.T) {
	t.Parallel()
	db := pgtest.NewEmpty(t)
	env := map[string]string{"DEDUCTOR_DATABASE_URL": db.URL}
	runCommand(t, env, "", "migrate", "up", "--role", "nobody").expect(t, 1, `role "nobody"`)
	said := mustRun(t, env, "migrate", "up", "--role", "worker")
	if said != "nothing to do: the schema is up to date\ngranted role worker what workers need\n" {
		t.Errorf("migrate up --role says %q", said)
	}
	conn := pgtest.Conn(t, db.WorkerURL(t))
	if _, err := conn.Exec(t.Context(), "UPDATE watermark SET next_offset = 0"); err != nil {
		t.Errorf("the worker's role: %v", err)
	}
	if _, err := conn.Exec(t.Context(), "DELETE FROM processed"); err == nil {
		t.Error("the worker's role may delete orders")
	}
}
