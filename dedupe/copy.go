package dedupe

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"deductor/internal/pgcopy"
)

// CopyNew writes the new orders at once, by COPY: for thousands of them, it costs
// less than the INSERT of [Register.QueueSave], which then has the retried ones
// alone to write. It fails as [Register.Save] does. It is called on the
// connection of the caller's transaction, once all answers were recorded.
func (r *Register) CopyNew(ctx context.Context, conn *pgx.Conn) error {
	rows := pgcopy.New(200 * len(r.added))
	for _, known := range sorted(r.added, (*order).id) {
		known.current.appendTo(rows)
	}
	if err := rows.Copy(ctx, conn.PgConn(), copySQL); err != nil {
		return fmt.Errorf("copy processed orders: %w", err)
	}
	r.copied = true
	return nil
}

// appendTo adds the record, in the order of the statement's columns.
func (r *Record) appendTo(rows *pgcopy.Rows) {
	rows.Begin(10)
	rows.Text(r.OrderID)
	rows.Int32(r.Attempt)
	rows.Bytes(r.Fingerprint[:])
	rows.Int16(int16(r.Outcome))
	if r.Outcome == Applied {
		rows.Int64(r.Ref.Owner)
		rows.Int64(r.Ref.ID)
		rows.Null()
	} else {
		rows.Null()
		rows.Null()
		rows.Text(r.Reason)
	}
	if r.Request != nil {
		rows.JSONB(r.Request)
	} else {
		rows.Null()
	}
	if r.Source != nil {
		rows.Int32(r.Source.ID)
		rows.Int64(r.Source.Position)
	} else {
		rows.Null()
		rows.Null()
	}
}
