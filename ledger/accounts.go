package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// NewAccount is an account to be created.
type NewAccount struct {
	// Name has 1 to 128 bytes; names that begin with [SettlementPrefix] are kept
	// for settlement accounts.
	Name string
	// Currency is an ISO 4217 code.
	Currency string
	Kind     Kind
	// Balance is the opening balance, in minor units.
	Balance int64
	// OverdraftLimit is how far below zero a customer's balance may go, in
	// minor units.
	OverdraftLimit int64
}

// ErrAccountUnknown is returned when there is no account of a name. Create it
// first, or check the spelling: names are compared byte by byte.
var ErrAccountUnknown = errors.New("no such account")

// DiffersError says that an account exists and is not what was to be created.
// Nothing of it was changed.
type DiffersError struct {
	// Index is the place of the account among those to be created, from 0.
	Index int
	// Name is the account's.
	Name string
	// Field is what differs: currency, kind, opening balance or overdraft limit.
	Field string
	// Stored and Wanted are the field's values; amounts in minor units.
	Stored, Wanted any
}

// Error names the account, the field and both values.
func (e *DiffersError) Error() string {
	return fmt.Sprintf("account %q exists with %s %v, not %v", e.Name, e.Field, e.Stored, e.Wanted)
}

// Create adds accounts, and for each of their currencies the settlement account
// [SettlementName] unless it is there. An account that exists with the very same
// currency, kind, opening balance and overdraft limit is left as it is. The
// count is of the given accounts that were new. A [*DiffersError] means that the
// caller should roll back.
func Create(ctx context.Context, tx pgx.Tx, accounts []NewAccount) (created int, err error) {
	added, err := insert(ctx, tx, accounts)
	if err != nil {
		return 0, err
	}
	if len(added) < len(accounts) {
		if err := compareStored(ctx, tx, accounts); err != nil {
			return 0, err
		}
	}
	_, err = insert(ctx, tx, settlementsFor(accounts))
	return len(added), err
}

// compareStored compares them all: one that was just added may be named twice.
func compareStored(ctx context.Context, tx pgx.Tx, accounts []NewAccount) error {
	names := make([]string, len(accounts))
	for i := range accounts {
		names[i] = accounts[i].Name
	}
	stored, err := Get(ctx, tx, names...)
	if err != nil {
		return err
	}
	for i := range accounts {
		if err := accounts[i].compare(i, stored[accounts[i].Name]); err != nil {
			return err
		}
	}
	return nil
}

func (n *NewAccount) compare(index int, stored Account) error {
	differs := &DiffersError{Index: index, Name: n.Name}
	switch {
	case stored.Currency != n.Currency:
		differs.Field, differs.Stored, differs.Wanted = "currency", stored.Currency, n.Currency
	case stored.Kind != n.Kind:
		differs.Field, differs.Stored, differs.Wanted = "kind", stored.Kind, n.Kind
	case stored.OpeningBalance != n.Balance:
		differs.Field, differs.Stored, differs.Wanted = "opening balance", stored.OpeningBalance, n.Balance
	case stored.OverdraftLimit != n.OverdraftLimit:
		differs.Field, differs.Stored, differs.Wanted = "overdraft limit", stored.OverdraftLimit, n.OverdraftLimit
	default:
		return nil
	}
	return differs
}

func settlementsFor(accounts []NewAccount) []NewAccount {
	var settlements []NewAccount
	seen := make(map[string]bool)
	for i := range accounts {
		if currency := accounts[i].Currency; !seen[currency] {
			seen[currency] = true
			settlements = append(settlements,
				NewAccount{Name: SettlementName(currency), Currency: currency, Kind: Settlement})
		}
	}
	return settlements
}

// insert adds the accounts whose names are free and returns those names.
func insert(ctx context.Context, tx pgx.Tx, accounts []NewAccount) (map[string]bool, error) {
	n := len(accounts)
	names, currencies, kinds := make([]string, n), make([]string, n), make([]string, n)
	balances, limits := make([]int64, n), make([]int64, n)
	for i := range accounts {
		a := &accounts[i]
		names[i], currencies[i], kinds[i] = a.Name, a.Currency, string(a.Kind)
		balances[i], limits[i] = a.Balance, a.OverdraftLimit
	}
	rows, err := tx.Query(ctx, createAccountsSQL, names, currencies, kinds, balances, limits)
	if err != nil {
		return nil, fmt.Errorf("create accounts: %w", err)
	}
	added := make(map[string]bool, n)
	var name string
	if _, err := pgx.ForEachRow(rows, []any{&name}, func() error {
		added[name] = true
		return nil
	}); err != nil {
		return nil, fmt.Errorf("create accounts: %w", err)
	}
	return added, nil
}

// Get returns those of the named accounts that exist, by name, with their
// balances as committed (a settlement account's is the sum of its stripes).
func Get(ctx context.Context, db Querier, names ...string) (map[string]Account, error) {
	accounts, err := query(ctx, db, getAccountsSQL, names)
	if err != nil {
		return nil, fmt.Errorf("get accounts: %w", err)
	}
	found := make(map[string]Account, len(accounts))
	for _, account := range accounts {
		found[account.Name] = account
	}
	return found, nil
}

// GetByID is [Get] by account id.
func GetByID(ctx context.Context, db Querier, ids ...int64) (map[int64]Account, error) {
	accounts, err := query(ctx, db, getAccountsByIDSQL, ids)
	if err != nil {
		return nil, fmt.Errorf("get accounts: %w", err)
	}
	found := make(map[int64]Account, len(accounts))
	for _, account := range accounts {
		found[account.ID] = account
	}
	return found, nil
}

// List returns up to limit accounts whose names come after the given one
// (bytewise), in the order of their names: the last one's name gives the next
// page.
func List(ctx context.Context, db Querier, after string, limit int) ([]Account, error) {
	accounts, err := query(ctx, db, listAccountsSQL, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return accounts, nil
}

// ListByPrefix is [List] of those whose names begin with prefix.
func ListByPrefix(ctx context.Context, db Querier, prefix, after string, limit int) ([]Account, error) {
	accounts, err := query(ctx, db, listAccountsByPrefixSQL, prefix, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return accounts, nil
}

// Close closes an account: from then on payments from and to it are declined.
// Closing it again changes nothing. The error is [ErrAccountUnknown] when there
// is none of that name.
func Close(ctx context.Context, tx pgx.Tx, name string) error {
	tag, err := tx.Exec(ctx, closeAccountSQL, name)
	if err != nil {
		return fmt.Errorf("close account %q: %w", name, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("close account %q: %w", name, ErrAccountUnknown)
	}
	return nil
}

func query(ctx context.Context, db Querier, sql string, args ...any) ([]Account, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (a Account, err error) {
		err = row.Scan(&a.ID, &a.Name, &a.Currency, &a.Kind, &a.OpeningBalance, &a.Balance, &a.OverdraftLimit,
			&a.CreatedAt, &a.ClosedAt)
		return a, err
	})
}
