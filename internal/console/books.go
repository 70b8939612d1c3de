package console

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/ledger"
)

// booksAge is for how long the trial balance is not asked for again, at least:
// it reads all accounts.
const booksAge = 10 * time.Second

// books is the trial balance as of one moment.
type books []ledger.CurrencyTotals

func (c *Console) readBooks(ctx context.Context) (totals books, err error) {
	err = c.db.read(ctx, func(tx pgx.Tx) error {
		totals, err = ledger.TrialBalance(ctx, tx)
		return err
	})
	return totals, err
}

// Balanced tells whether debits equal credits in each currency.
func (b books) Balanced() bool {
	for _, t := range b {
		if t.Difference != "0" {
			return false
		}
	}
	return true
}
