package letters

import (
	"context"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
)

// pageSize is how many letters are written between two notes of it.
const pageSize = 500

// Exporter writes dead letters out, page by page, and keeps that it did.
type Exporter struct {
	Conn     *pgx.Conn
	Filter   settle.DeadLetterFilter
	Handling settle.Handling
	// Write writes one letter, Flush what was written so far: when it returns,
	// the letters are where they are to be.
	Write func(*settle.DeadLetterContent) error
	Flush func() error
	// Progress is told how many more were exported.
	Progress func(int64)
}

// Run exports all that pass the filter and were there when it began, one letter
// in memory at a time, and returns how many were written and noted.
func (e *Exporter) Run(ctx context.Context) (exported int64, err error) {
	filter := e.Filter
	filter.Limit = pageSize
	last, err := settle.LastDeadLetter(ctx, e.Conn)
	if err != nil || last == 0 {
		return 0, err
	}
	if filter.To == 0 || filter.To > last {
		filter.To = last
	}
	for {
		if ctx.Err() != nil {
			return exported, ErrInterrupted
		}
		inHand, cancel := context.WithTimeout(context.WithoutCancel(ctx), batchTimeout)
		ids, err := e.page(inHand, filter)
		cancel()
		if err != nil {
			return exported, err
		}
		exported += int64(len(ids))
		e.Progress(int64(len(ids)))
		if len(ids) < pageSize {
			return exported, nil
		}
		filter.After = ids[len(ids)-1]
	}
}

func (e *Exporter) page(ctx context.Context, filter settle.DeadLetterFilter) (ids []int64, err error) {
	page, err := settle.DeadLetters(ctx, e.Conn, filter)
	if err != nil || len(page) == 0 {
		return nil, err
	}
	for i := range page {
		ids = append(ids, page[i].ID)
	}
	if err := settle.ReadDeadLetters(ctx, e.Conn, ids, e.Write); err != nil {
		return nil, err
	}
	if err := e.Flush(); err != nil {
		return nil, err
	}
	return ids, settle.NoteExport(ctx, e.Conn, ids, e.Handling)
}
