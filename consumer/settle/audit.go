package settle

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"deductor/ledger"
)

var checks = []struct {
	name, question, sql string
}{
	{"applied_orders", "each applied order has the transfer that its record names", auditAppliedSQL},
	{"transfer_orders", "each transfer is that of one applied order, those pruned aside", auditTransfersSQL},
}

// Audit proves the books ([ledger.Audit]) and that processed orders and
// transfers tell the same story. It reads both tables whole, in one REPEATABLE
// READ, read-only transaction of its own, so that it sees one moment while
// workers go on. Each check gives at most limit findings.
func Audit(ctx context.Context, db TxBeginner, limit int) (
	results []ledger.Check, totals []ledger.CurrencyTotals, err error,
) {
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, db, options, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, auditPlansSQL); err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		if results, err = ledger.Audit(ctx, tx, limit); err != nil {
			return err
		}
		for _, check := range checks {
			findings, err := ledger.Findings(ctx, tx, check.sql, limit)
			if err != nil {
				return fmt.Errorf("audit %s: %w", check.name, err)
			}
			results = append(results, ledger.Check{Name: check.name, Question: check.question, Findings: findings})
		}
		totals, err = ledger.TrialBalance(ctx, tx)
		return err
	})
	return results, totals, err
}

// TxBeginner begins transactions with options: a [pgx.Conn] or a pool.
type TxBeginner interface {
	BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error)
}
