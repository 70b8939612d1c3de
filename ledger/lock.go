package ledger

import (
	"context"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
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

// QueueGuess is QueueRead of those accounts that the cache does not know. What it knows of
// the others is decided on as it is, and [Book.Post] fails unless each is an open account
// with that id, name, currency and limit, and a balance by which all was decided rightly.
func (b *Book) QueueGuess(batch *pgx.Batch, payments []Payment, cache *Cache) error {
	names, err := b.queueOthers(batch, payments)
	if err != nil {
		return err
	}
	if unknown := cache.recall(b, names); len(unknown) > 0 {
		batch.Queue(readCustomersSQL, unknown).Query(b.loadCustomers)
	}
	return nil
}

// queueOthers queues what else the payments need, and returns the names of all
// their accounts.
func (b *Book) queueOthers(batch *pgx.Batch, payments []Payment) (names []string, err error) {
	if len(payments) > BlockSize {
		return nil, fmt.Errorf("read accounts: %d payments are more than the %d of one transaction",
			len(payments), BlockSize)
	}
	b.reserve(payments)
	all, credited := make([]string, 0, len(payments)), []string(nil)
	for i := range payments {
		name := payments[i].CreditAccount
		if known := i > 0 && name == payments[i-1].CreditAccount; !known && b.want(name) {
			credited = append(credited, name)
		}
	}
	all = append(all, credited...)
	for i := range payments {
		if name := payments[i].Account; b.want(name) {
			all = append(all, name)
		}
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
	return all, nil
}

// reserve makes room for payments and their accounts.
func (b *Book) reserve(payments []Payment) {
	if len(b.accounts) == 0 {
		b.accounts = make(map[string]*entry, len(payments))
		b.read = make([]*entry, 0, len(payments))
		b.transfers = make([]Transfer, 0, len(payments))
	}
}

// want notes an account that is to be read, and tells whether it was not before.
// Entries are made by the block: a batch has thousands.
func (b *Book) want(name string) bool {
	if b.accounts[name] != nil {
		return false
	}
	if len(b.free) == 0 {
		b.free = make([]entry, min(len(b.accounts)+1, 512))
	}
	account := &b.free[0]
	account.name = name
	b.accounts[name], b.free = account, b.free[1:]
	return true
}

func (b *Book) loadCustomers(rows pgx.Rows) error {
	read := entry{kind: Customer, low: math.MinInt64, high: math.MaxInt64}
	return b.load(rows, &read, &read.balance, &read.overdraftLimit, &read.terms)
}

func (b *Book) loadSettlements(rows pgx.Rows) error {
	return b.load(rows, &entry{kind: Settlement})
}

// load takes up accounts that were wanted: id, name, currency, when it was closed,
// and what there is besides. Their names are known, and few currencies differ from
// the one before: neither becomes a string.
func (b *Book) load(rows pgx.Rows, read *entry, more ...any) error {
	var name, currency pgtype.DriverBytes
	targets := append([]any{&read.id, &name, &currency, &read.closedAt}, more...)
	_, err := pgx.ForEachRow(rows, targets, func() error {
		if string(currency) != read.currency {
			read.currency = string(currency)
		}
		account := b.accounts[string(name)]
		read.name = account.name // the row's is gone with the next one
		*account = *read
		b.read = append(b.read, account)
		return nil
	})
	return err
}
