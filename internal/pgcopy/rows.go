// Package pgcopy writes rows in the binary format of COPY (Postgres manual,
// COPY, "Binary Format"), for tables that get thousands at a time.
package pgcopy

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
)

// Rows are rows for one COPY … FROM STDIN (FORMAT binary). Each begins with
// [Rows.Begin]; its fields follow in the order of the statement's columns.
type Rows struct {
	content []byte
	count   int64
}

// spare are rows whose memory can be used again.
var spare = sync.Pool{New: func() any { return new(Rows) }}

// New returns no rows, with room for so many bytes.
func New(size int) *Rows {
	r := spare.Get().(*Rows)
	r.content, r.count = slices.Grow(r.content[:0], size+64), 0
	r.content = append(r.content, "PGCOPY\n\xff\r\n\x00"...)
	r.content = append(r.content, make([]byte, 8)...) // no flags, no header extension
	return r
}

// Begin begins a row of so many fields.
func (r *Rows) Begin(fields int16) {
	r.count++
	r.content = binary.BigEndian.AppendUint16(r.content, uint16(fields)) //nolint:gosec // the same 16 bits
}

// Int16 adds a smallint.
func (r *Rows) Int16(v int16) {
	r.length(2)
	r.content = binary.BigEndian.AppendUint16(r.content, uint16(v)) //nolint:gosec // the same 16 bits
}

// Int32 adds an integer.
func (r *Rows) Int32(v int32) {
	r.length(4)
	r.content = binary.BigEndian.AppendUint32(r.content, uint32(v)) //nolint:gosec // the same 32 bits
}

// Int64 adds a bigint.
func (r *Rows) Int64(v int64) {
	r.length(8)
	r.content = binary.BigEndian.AppendUint64(r.content, uint64(v)) //nolint:gosec // the same 64 bits
}

// Text adds a text.
func (r *Rows) Text(v string) {
	r.length(len(v))
	r.content = append(r.content, v...)
}

// Bytes adds a bytea.
func (r *Rows) Bytes(v []byte) {
	r.length(len(v))
	r.content = append(r.content, v...)
}

// JSONB adds a jsonb, of which v is the text.
func (r *Rows) JSONB(v []byte) {
	const version = 1
	r.length(1 + len(v))
	r.content = append(append(r.content, version), v...)
}

// Null adds a NULL.
func (r *Rows) Null() { r.length(-1) }

func (r *Rows) length(n int) {
	r.content = binary.BigEndian.AppendUint32(r.content, uint32(n)) //nolint:gosec // -1 is 2³²-1 on the wire
}

// Copy sends the rows with a COPY statement, once: they are gone then. The error is
// the database's, a [*pgconn.PgError], or the connection's; the transaction has failed
// then.
func (r *Rows) Copy(ctx context.Context, conn *pgconn.PgConn, sql string) error {
	const end = 0xffff
	r.content = binary.BigEndian.AppendUint16(r.content, end)
	tag, err := conn.CopyFrom(ctx, bytes.NewReader(r.content), sql)
	if err != nil {
		return err
	}
	if tag.RowsAffected() != r.count {
		return fmt.Errorf("%d rows were copied, not %d", tag.RowsAffected(), r.count)
	}
	spare.Put(r) // and not after an error: the connection may still be reading them
	return nil
}
