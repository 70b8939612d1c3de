package ledger

import (
	"context"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"
)

// Querier is what the reads need: a [pgx.Tx], a [pgx.Conn] or a pool.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Lock returns a book with the accounts of up to [BlockSize] payments: the
// customers locked until the transaction ends, the settlement accounts read.
// Accounts that don't exist are not in it; payments for them are declined.
//
// Lock all accounts of a transaction by one call: two transactions that call it
// twice may wait for each other, and Postgres ends one with SQLSTATE 40P01
// (deadlock_detected).
func Lock(ctx context.Context, tx pgx.Tx, payments ...Payment) (*Book, error) {
	book := NewBook(&IDs{}, 0)
	batch := &pgx.Batch{}
	if err := book.QueueLock(batch, payments); err != nil {
		return nil, err
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("lock accounts: %w", err)
	}
	return book, nil
}

// QueueLock queues the statements of [Lock], for callers that send them
// together with others in one round trip. It fails when there are more than
// [BlockSize] payments.
func (b *Book) QueueLock(batch *pgx.Batch, payments []Payment) error {
	names, err := b.queueOthers(batch, payments)
	if err != nil {
		return err
	}
	b.locked = true
	batch.Queue(lockCustomersSQL, names).Query(b.loadCustomers)
	return nil
}

// QueueRead is QueueLock without locks. Others may change the accounts before
// [Book.Post] does; it fails then (SQLSTATE P0004) if a decision would have been
// another one. Roll back then, and begin again.
func (b *Book) QueueRead(batch *pgx.Batch, payments []Payment) error {
	names, err := b.queueOthers(batch, payments)
	if err != nil {
		return err
	}
	batch.Queue(readCustomersSQL, names).Query(b.loadCustomers)
	return nil
}

// queueOthers queues what else the payments need, and returns the names of all
// their accounts.
func (b *Book) queueOthers(batch *pgx.Batch, payments []Payment) (names []string, err error) {
	if len(payments) > BlockSize {
		return nil, fmt.Errorf("read accounts: %d payments are more than the %d of one transaction",
			len(payments), BlockSize)
	}
	names, credited := namesOf(payments)
	if len(b.accounts) == 0 {
		b.accounts = make(map[string]*entry, len(names))
	}
	batch.Queue(readSettlementsSQL, credited).Query(b.loadSettlements)
	if b.ids.left() < len(payments) {
		batch.Queue(reserveIDsSQL).QueryRow(func(row pgx.Row) error {
			if err := row.Scan(&b.ids.next); err != nil {
				return err
			}
			b.ids.end = b.ids.next + BlockSize
			return nil
		})
	}
	return names, nil
}

// namesOf lists all accounts of the payments, and those that they credit, each
// once.
func namesOf(payments []Payment) (all, credited []string) {
	seen := make(map[string]bool, len(payments))
	for i := range payments {
		if name := payments[i].CreditAccount; !seen[name] {
			seen[name] = true
			credited = append(credited, name)
		}
	}
	all = append(all, credited...)
	for i := range payments {
		if name := payments[i].Account; !seen[name] {
			seen[name] = true
			all = append(all, name)
		}
	}
	return all, credited
}

func (b *Book) loadCustomers(rows pgx.Rows) error {
	var name string
	account := entry{kind: Customer, low: math.MinInt64, high: math.MaxInt64}
	targets := []any{&account.id, &name, &account.currency, &account.balance, &account.overdraftLimit,
		&account.closedAt}
	_, err := pgx.ForEachRow(rows, targets, func() error {
		loaded := account
		b.accounts[name] = &loaded
		return nil
	})
	return err
}

func (b *Book) loadSettlements(rows pgx.Rows) error {
	var name string
	account := entry{kind: Settlement}
	targets := []any{&account.id, &name, &account.currency, &account.closedAt}
	_, err := pgx.ForEachRow(rows, targets, func() error {
		loaded := account
		b.accounts[name] = &loaded
		return nil
	})
	return err
}
