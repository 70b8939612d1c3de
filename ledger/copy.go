package ledger

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"deductor/internal/pgcopy"
)

// CopyTransfers writes the book's transfers at once, by COPY: for thousands of
// them, it costs less than the INSERT of [Book.QueuePost], which then has the
// balances alone to write. It is called on the connection of the caller's
// transaction, once all payments were decided.
func (b *Book) CopyTransfers(ctx context.Context, conn *pgx.Conn) error {
	rows := pgcopy.New(120 * len(b.transfers))
	for i := range b.transfers {
		b.transfers[i].appendTo(rows)
	}
	if err := rows.Copy(ctx, conn.PgConn(), copyTransfersSQL); err != nil {
		return fmt.Errorf("copy transfers: %w", err)
	}
	b.copied = true
	return nil
}

// appendTo adds the transfer, in the order of the statement's columns.
func (t *Transfer) appendTo(rows *pgcopy.Rows) {
	rows.Begin(6)
	rows.Int64(t.ID)
	rows.Int64(t.DebitAccount)
	rows.Int64(t.CreditAccount)
	rows.Int64(t.Amount)
	if t.CreditStripe != nil {
		rows.Int16(*t.CreditStripe)
	} else {
		rows.Null()
	}
	rows.Text(t.Reference)
}
