package dedupe_test

import (
	"testing"

	"deductor/dedupe"
	"deductor/internal/pgtest"
	"deductor/internal/schematest"
)

func TestStatementsFitTheSchema(t *testing.T) {
	t.Parallel()
	conn := pgtest.Conn(t, pgtest.New(t).URL)
	if _, err := dedupe.NewPruner(t.Context(), conn); err != nil { // for the statements on its tables
		t.Fatal(err)
	}
	schematest.Prepare(t, conn)
}

func TestEachStatementIsEmbedded(t *testing.T) {
	t.Parallel()
	schematest.Embedded(t)
}

func TestMigrationsStandAloneAndExplainThemselves(t *testing.T) {
	t.Parallel()
	schematest.Migrations(t, pgtest.Conn(t, pgtest.NewEmpty(t).URL), dedupe.Migrations())
}
