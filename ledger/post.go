package ledger

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// Post writes the book's transfers and the balances they make, on the
// transaction that locked its accounts. It is called once, before COMMIT.
func (b *Book) Post(ctx context.Context, tx pgx.Tx) error {
	batch := &pgx.Batch{}
	b.QueuePost(batch)
	if batch.Len() == 0 {
		return nil
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("post transfers: %w", err)
	}
	return nil
}

// QueuePost queues the statements of [Book.Post], for callers that send them
// together with COMMIT: each fails by itself rather than change fewer rows than
// it should (SQLSTATE P0004, assert_failure).
func (b *Book) QueuePost(batch *pgx.Batch) {
	if !b.copied {
		queueTransfers(batch, b.transfers)
	}
	changed := make([]*entry, 0, len(b.read))
	for _, account := range b.read {
		if account.delta != 0 || account.guessed || account.decidedOn() && !b.locked {
			changed = append(changed, account)
		}
	}
	// Sorted by id: the lock order, for the stripes' rows too.
	slices.SortFunc(changed, func(a, b *entry) int { return cmp.Compare(a.id, b.id) })
	b.queueBalances(batch, changed)
	b.queueStripes(batch, changed)
}

func queueTransfers(batch *pgx.Batch, transfers []Transfer) {
	n := len(transfers)
	if n == 0 {
		return
	}
	var (
		ids        = make([]int64, n)
		debits     = make([]int64, n)
		credits    = make([]int64, n)
		amounts    = make([]int64, n)
		stripes    = make([]*int16, n)
		references = make([]string, n)
	)
	for i := range transfers {
		t := &transfers[i]
		ids[i], debits[i], credits[i], amounts[i] = t.ID, t.DebitAccount, t.CreditAccount, t.Amount
		stripes[i], references[i] = t.CreditStripe, t.Reference
	}
	batch.Queue(insertTransfersSQL, ids, debits, credits, amounts, stripes, references)
}

func (b *Book) queueBalances(batch *pgx.Batch, changed []*entry) {
	n := len(changed)
	ids, deltas := make([]int64, 0, n), make([]int64, 0, n)
	lows, highs, terms := make([]int64, 0, n), make([]int64, 0, n), make([]int64, 0, n)
	for _, account := range changed {
		if account.kind == Customer {
			ids, deltas = append(ids, account.id), append(deltas, account.delta)
			lows, highs = append(lows, account.low), append(highs, account.high)
			terms = append(terms, account.terms)
		}
	}
	if len(ids) > 0 {
		batch.Queue(updateBalancesSQL, ids, deltas, lows, highs, terms, len(ids))
	}
}

func (b *Book) queueStripes(batch *pgx.Batch, changed []*entry) {
	var ids, deltas []int64
	var stripes []int16
	for _, account := range changed {
		if account.kind == Settlement {
			ids, deltas = append(ids, account.id), append(deltas, account.delta)
			stripes = append(stripes, b.stripe)
		}
	}
	if len(ids) > 0 {
		batch.Queue(creditStripesSQL, ids, stripes, deltas)
	}
}
