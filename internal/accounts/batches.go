package accounts

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"

	"github.com/jackc/pgx/v5"

	"deductor/ledger"
)

// batchSize is how many accounts one statement creates.
const batchSize = 5000

// batches gathers rows and creates their accounts, on one transaction.
type batches struct {
	tx       pgx.Tx
	progress func(rows int)
	pending  []Row
	result   Result
	problems []*RowError
	// lines tells on which line an account was first seen, by a hash of its
	// name: it is only for messages, and a file may have millions of lines.
	lines map[uint64]int
	seed  maphash.Seed
}

func newBatches(tx pgx.Tx, progress func(rows int)) *batches {
	return &batches{tx: tx, progress: progress, lines: make(map[uint64]int), seed: maphash.MakeSeed()}
}

func (b *batches) add(ctx context.Context, row Row) error {
	b.pending = append(b.pending, row)
	if len(b.pending) < batchSize {
		return nil
	}
	if err := b.create(ctx); err != nil {
		return err
	}
	b.progress(batchSize)
	return nil
}

// create creates the pending accounts and notes those that differ from what is
// stored. After the first of these, the result counts no more.
func (b *batches) create(ctx context.Context) error {
	for rows := b.pending; len(rows) > 0 && len(b.problems) < MaxProblems; {
		accounts := make([]ledger.NewAccount, len(rows))
		for i := range rows {
			accounts[i] = rows[i].Account
		}
		created, err := ledger.Create(ctx, b.tx, accounts)
		var found *ledger.DiffersError
		if !errors.As(err, &found) {
			if err != nil {
				return fmt.Errorf("lines %d to %d: %w", rows[0].Line, rows[len(rows)-1].Line, err)
			}
			b.accept(rows, created)
			break
		}
		b.accept(rows[:found.Index], 0)
		b.problems = append(b.problems, b.differs(&rows[found.Index], found))
		rows = rows[found.Index+1:]
	}
	b.pending = b.pending[:0]
	return nil
}

// accept notes rows that are in the database now, and how many of them are new.
func (b *batches) accept(rows []Row, created int) {
	for i := range rows {
		key := maphash.String(b.seed, rows[i].Account.Name)
		if _, seen := b.lines[key]; !seen {
			b.lines[key] = rows[i].Line
		}
	}
	b.result.Created += int64(created)
	b.result.Unchanged += int64(len(rows) - created)
}

// differs says that an account is in the database or on an earlier line with
// something else.
func (b *batches) differs(row *Row, found *ledger.DiffersError) *RowError {
	where := "in the database"
	if line := b.lines[maphash.String(b.seed, row.Account.Name)]; line > 0 {
		where = fmt.Sprintf("on line %d", line)
	}
	return &RowError{row.Line, Differs(row.Account, found, where)}
}
