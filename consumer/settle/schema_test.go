package settle_test

import (
	"testing"

	"deductor/consumer/settle"
	"deductor/internal/pgtest"
	"deductor/internal/schematest"
)

func TestStatementsFitTheSchema(t *testing.T) {
	t.Parallel()
	schematest.Prepare(t, pgtest.Conn(t, pgtest.New(t).URL))
}

func TestEachStatementIsEmbedded(t *testing.T) {
	t.Parallel()
	schematest.Embedded(t)
}

func TestMigrationsStandAloneAndExplainThemselves(t *testing.T) {
	t.Parallel()
	schematest.Migrations(t, pgtest.Conn(t, pgtest.NewEmpty(t).URL), settle.Migrations())
}
