package ledger_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"deductor/internal/pgtest"
	"deductor/internal/schematest"
	"deductor/ledger"
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
	schematest.Migrations(t, pgtest.Conn(t, pgtest.NewEmpty(t).URL), ledger.Migrations())
}

// Money is counted, never rounded: bigint has neither fractions nor NaN, which
// passes every CHECK (x >= 0) of a numeric.
func TestMoneyIsBigint(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	rows, err := db.Query(t.Context(), `
SELECT table_name || '.' || column_name, data_type
  FROM information_schema.columns
 WHERE table_schema = 'public' AND column_name ~ 'balance|limit|amount'`)
	if err != nil {
		t.Fatal(err)
	}
	var column, dataType string
	tag, err := pgx.ForEachRow(rows, []any{&column, &dataType}, func() error {
		if dataType != "bigint" {
			t.Errorf("%s is %s, want bigint", column, dataType)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	const money = 8 // 3 of account, 3 of account_balance, settlement_stripe.balance, transfer.amount
	if tag.RowsAffected() != money {
		t.Errorf("%d columns hold money, want %d", tag.RowsAffected(), money)
	}
	if _, err := db.Exec(t.Context(), "UPDATE account SET balance = 'NaN'"); err == nil {
		t.Error("a balance may be NaN")
	}
}
