package ledger

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Entry is a transfer as one of its two accounts sees it.
type Entry struct {
	// TransferID is the transfer's.
	TransferID int64
	// PostedAt is when the posting transaction began.
	PostedAt time.Time
	// Amount is in minor units: below zero when the account paid.
	Amount int64
	// Counterparty is the other account's name.
	Counterparty string
	// Reference says what it was for: the order id.
	Reference string
	// Balance is what the statement comes to with it, in minor units.
	Balance int64
}

// Range says which entries of an account are wanted; what is zero does not
// narrow it.
type Range struct {
	// After and Before are transfer ids: entries between them, without their own.
	After, Before int64
	// From and To bound PostedAt: not before From, and before To.
	From, To time.Time
	// Limit is how many entries are returned at most.
	Limit int
	// Last asks for the last Limit entries, and not the first.
	Last bool
	// Scan lets the whole table of transfers be read: see [ErrNeedsScan].
	Scan bool
}

// Statement is part of what moved an account's balance.
type Statement struct {
	Account Account
	// Opening is the balance before the first entry and Closing after the last
	// one, in minor units, counting the entries in the order of their ids.
	Opening, Closing int64
	// Entries are in the order of their transfer ids.
	Entries []Entry
	// More says that the range has more entries than Limit: later ones, or earlier
	// ones when the last were asked for.
	More bool
}

// ErrNeedsScan is returned for entries of a settlement account: no index holds
// what it was credited, so that the whole table of transfers has to be read.
// Ask again with Scan, and time for it, or look at the customers' entries.
var ErrNeedsScan = errors.New("no index holds the entries of a settlement account")

// ReadStatement returns entries of an account with the balances before and
// after each. The error is [ErrAccountUnknown] or [ErrNeedsScan]. Give it a
// REPEATABLE READ transaction, so that all is of one moment.
//
// Entries are in the order of their transfer ids. A worker takes ids in the order
// of its decisions, but out of a block of its own ([IDs]): between two workers a
// later transfer may have the lower id. So what the account held in between, at
// one entry, may differ from Balance there; the beginning and the end don't.
//
// A page costs its entries, and with Last those after it for their sum; without
// Last, those before it. From and To, which no index serves, cost all entries of
// the account: about a second a million.
func ReadStatement(ctx context.Context, tx Querier, name string, r Range) (Statement, error) {
	account, err := toRead(ctx, tx, name, r.Scan)
	if err != nil {
		return Statement{}, err
	}
	s := Statement{Account: account}
	if err := s.read(ctx, tx, r); err != nil {
		return Statement{}, fmt.Errorf("statement of account %q: %w", name, err)
	}
	return s, nil
}

// BalanceAt returns what an account's transfers until a time made of it: its
// opening balance, and those whose transactions had begun by then. One that had
// begun and was not yet committed when BalanceAt was asked is added later. The
// errors are those of [ReadStatement], and it costs what From and To do there.
func BalanceAt(ctx context.Context, tx Querier, name string, at time.Time, scan bool) (int64, error) {
	account, err := toRead(ctx, tx, name, scan)
	if err != nil {
		return 0, err
	}
	moved, err := sumEntries(ctx, tx, account, Range{To: justAfter(at)})
	if err != nil {
		return 0, fmt.Errorf("balance of account %q: %w", name, err)
	}
	return account.OpeningBalance + moved, nil
}

// justAfter is the next time that the database can tell from at.
func justAfter(at time.Time) time.Time { return at.Truncate(time.Microsecond).Add(time.Microsecond) }

func toRead(ctx context.Context, tx Querier, name string, scan bool) (Account, error) {
	found, err := Get(ctx, tx, name)
	if err != nil {
		return Account{}, err
	}
	account, ok := found[name]
	switch {
	case !ok:
		return Account{}, fmt.Errorf("account %q: %w", name, ErrAccountUnknown)
	case account.Kind == Settlement && !scan:
		return Account{}, fmt.Errorf("account %q: %w", name, ErrNeedsScan)
	}
	return account, nil
}

func (s *Statement) read(ctx context.Context, tx Querier, r Range) error {
	if err := s.readEntries(ctx, tx, r); err != nil {
		return err
	}
	if r.Last {
		return s.closeAndCount(ctx, tx, r)
	}
	return s.openAndCount(ctx, tx, r)
}

// openAndCount adds up from the opening balance on.
func (s *Statement) openAndCount(ctx context.Context, tx Querier, r Range) error {
	before := []Range{{To: r.From}, {From: r.From, To: r.To, Before: max(r.After+1, r.After)}}
	skipped, err := sumEach(ctx, tx, s.Account, before, []bool{!r.From.IsZero(), r.After > 0})
	if err != nil {
		return err
	}
	s.Opening = s.Account.OpeningBalance + skipped
	s.Closing = s.Opening
	for i := range s.Entries {
		s.Closing += s.Entries[i].Amount
		s.Entries[i].Balance = s.Closing
	}
	return nil
}

// closeAndCount goes back from what the account holds now.
func (s *Statement) closeAndCount(ctx context.Context, tx Querier, r Range) error {
	after := []Range{{From: r.To}, {From: r.From, To: r.To, After: r.Before - 1}}
	skipped, err := sumEach(ctx, tx, s.Account, after, []bool{!r.To.IsZero(), r.Before > 0})
	if err != nil {
		return err
	}
	s.Closing = s.Account.Balance - skipped
	s.Opening = s.Closing
	for i, entry := range slices.Backward(s.Entries) {
		s.Entries[i].Balance = s.Opening
		s.Opening -= entry.Amount
	}
	return nil
}

// sumEach sums up those of the ranges that are needed.
func sumEach(ctx context.Context, tx Querier, of Account, ranges []Range, needed []bool) (total int64, err error) {
	for i, r := range ranges {
		if !needed[i] {
			continue
		}
		sum, err := sumEntries(ctx, tx, of, r)
		if err != nil {
			return 0, err
		}
		total += sum
	}
	return total, nil
}

func (s *Statement) readEntries(ctx context.Context, tx Querier, r Range) error {
	arguments := append(r.arguments(s.Account), r.Limit+1)
	var rows pgx.Rows
	var err error
	if r.Last {
		rows, err = tx.Query(ctx, listLastEntriesSQL, arguments...)
	} else {
		rows, err = tx.Query(ctx, listEntriesSQL, arguments...)
	}
	if err != nil {
		return err
	}
	s.Entries, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (e Entry, err error) {
		err = row.Scan(&e.TransferID, &e.PostedAt, &e.Amount, &e.Counterparty, &e.Reference)
		return e, err
	})
	if err != nil {
		return err
	}
	if s.More = len(s.Entries) > r.Limit; s.More {
		s.Entries = s.Entries[:r.Limit]
	}
	if r.Last {
		slices.Reverse(s.Entries)
	}
	return nil
}

func sumEntries(ctx context.Context, tx Querier, of Account, r Range) (sum int64, err error) {
	rows, err := tx.Query(ctx, sumEntriesSQL, r.arguments(of)...)
	if err != nil {
		return 0, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowTo[int64])
}

// arguments are those that the statements have in common.
func (r Range) arguments(of Account) []any {
	before := r.Before
	if before == 0 {
		before = math.MaxInt64
	}
	return []any{of.ID, r.After, before, orNull(r.From), orNull(r.To), of.Kind == Settlement}
}

// orNull is nil for no time.
func orNull(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
