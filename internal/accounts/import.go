package accounts

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
)

// Beginner begins transactions: a [pgx.Conn] or a pool.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// Result is what an import did.
type Result struct {
	// Created is how many rows were new accounts.
	Created int64
	// Unchanged is how many rows were there already, just so.
	Unchanged int64
}

// Import creates the accounts of a CSV file, all or none of them, in one
// transaction. Rows of accounts that exist just so change nothing. The file's
// name is for messages; progress is called after every few thousand rows, with
// how many they were.
//
// The error is a [*RefusedError] when lines are wrong: not readable, or not what
// the account is in the database or on an earlier line. A *pgconn.PgError with
// SQLSTATE 40P01 (deadlock_detected) says that somebody else created the same
// accounts meanwhile, in another order: import the file again.
func Import(
	ctx context.Context, db Beginner, file string, r io.Reader, progress func(rows int),
) (result Result, err error) {
	err = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		all := newBatches(tx, progress)
		if err := all.readFrom(ctx, r); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		result = all.result
		return refusal(file, all.problems)
	})
	if err != nil {
		return Result{}, err
	}
	return result, nil
}

// readFrom imports all rows and notes those that are wrong.
func (b *batches) readFrom(ctx context.Context, r io.Reader) error {
	reader, err := NewReader(r)
	if err != nil {
		return b.note(err)
	}
	for len(b.problems) < MaxProblems {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = b.add(ctx, row)
		}
		if err := b.note(err); err != nil {
			return err
		}
	}
	return b.create(ctx)
}

// note keeps the error of a wrong line, and returns any other.
func (b *batches) note(err error) error {
	var wrong *RowError
	if errors.As(err, &wrong) {
		b.problems = append(b.problems, wrong)
		return nil
	}
	return err
}
