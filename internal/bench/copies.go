package bench

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
)

var (
	//go:embed queries/copy_processed.sql
	copyProcessedSQL string
	//go:embed queries/copy_transfer.sql
	copyTransferSQL string
)

// copies are the rows that a worker wrote, as COPY … (FORMAT binary) has them,
// cut into batches: those of one batch are in the order in which they were
// inserted.
type copies struct {
	rows                int
	processed, transfer [][]byte // by batch
}

// exportCopies holds all of it in memory.
func exportCopies(ctx context.Context, conn *pgx.Conn, batch int) (*copies, error) {
	c := &copies{}
	var transfers int
	var err error
	if c.processed, c.rows, err = exportTable(ctx, conn, copyProcessedSQL, batch); err != nil {
		return nil, fmt.Errorf("export processed: %w", err)
	}
	if c.transfer, transfers, err = exportTable(ctx, conn, copyTransferSQL, batch); err != nil {
		return nil, fmt.Errorf("export transfer: %w", err)
	}
	if transfers != c.rows {
		return nil, fmt.Errorf("there are %d orders and %d transfers", c.rows, transfers)
	}
	return c, nil
}

func exportTable(ctx context.Context, conn *pgx.Conn, sql string, batch int) ([][]byte, int, error) {
	var data bytes.Buffer
	if _, err := conn.PgConn().CopyTo(ctx, &data, sql); err != nil {
		return nil, 0, err
	}
	return cutCopy(data.Bytes(), batch)
}

// copySignature begins binary COPY data (Postgres manual, COPY, Binary Format);
// 32 bits of flags and 32 of the length of an extension follow.
var copySignature = []byte("PGCOPY\n\xff\r\n\x00")

// copyEnd is the trailer: where a row's number of columns would be, -1.
var copyEnd = []byte{0xff, 0xff}

var errNotCopy = errors.New("this is not binary COPY data")

// cutCopy cuts binary COPY data into pieces of so many rows, each of them
// complete, and counts the rows.
func cutCopy(data []byte, batch int) (pieces [][]byte, rows int, err error) {
	header := len(copySignature) + 8
	if len(data) < header || !bytes.HasPrefix(data, copySignature) {
		return nil, 0, errNotCopy
	}
	head, rest := data[:header], data[header:]
	var piece []byte
	for !bytes.HasPrefix(rest, copyEnd) {
		size, err := rowSize(rest)
		if err != nil {
			return nil, rows, err
		}
		if piece == nil {
			piece = bytes.Clone(head)
		}
		piece = append(piece, rest[:size]...)
		rest = rest[size:]
		if rows++; rows%batch == 0 {
			pieces, piece = append(pieces, append(piece, copyEnd...)), nil
		}
	}
	if piece != nil {
		pieces = append(pieces, append(piece, copyEnd...))
	}
	return pieces, rows, nil
}

// rowSize is how many bytes the first row has: a count of columns, then each
// one's length, -1 for NULL, and value.
func rowSize(data []byte) (int, error) {
	if len(data) < 2 {
		return 0, io.ErrUnexpectedEOF
	}
	at := 2
	for range binary.BigEndian.Uint16(data) {
		if len(data) < at+4 {
			return 0, io.ErrUnexpectedEOF
		}
		length := int32(binary.BigEndian.Uint32(data[at:])) //nolint:gosec // signed, as the format has it
		at += 4 + max(0, int(length))
	}
	if len(data) < at {
		return 0, io.ErrUnexpectedEOF
	}
	return at, nil
}
