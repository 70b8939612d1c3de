package ledger

import (
	"fmt"
	"math"
	"time"
)

// Book is the accounts of one transaction: read and locked first, decided on in
// memory, written at the end. It belongs to one transaction and one goroutine.
type Book struct {
	ids       *IDs
	locked    bool // the customers' accounts
	copied    bool // the transfers were written by [Book.CopyTransfers]
	stripe    int16
	accounts  map[string]*entry
	read      []*entry // those that exist, or are guessed to
	transfers []Transfer
	free      []entry // room for accounts that are to be read
}

// entry is an account as one transaction sees it.
type entry struct {
	name string
	id   int64
	// kind is empty as long as the account was not read: there is none.
	kind     Kind
	currency string
	closedAt *time.Time
	// balance is what a customer held when it was locked, in minor units; zero
	// for a settlement account, whose balance is not read.
	balance int64
	// delta is what this transaction adds to it, in minor units.
	delta int64
	// overdraftLimit is in minor units.
	overdraftLimit int64
	// terms is the database's hash of name, currency and limit.
	terms int64
	// guessed means that it was not read: it is to be proven when it is written.
	guessed bool
	// low and high are between which balances the decisions would have been the
	// same ones.
	low, high int64
}

// OverflowError says that an account's balance, or what one transaction moves
// on it, would no longer be counted by 64 bits. The payment was not added to the
// book.
type OverflowError struct {
	// Account is the account's name.
	Account string
}

// Error names the account.
func (e *OverflowError) Error() string {
	return fmt.Sprintf("the balance of account %q, or what one transaction moves on it, would not fit into 64 bits",
		e.Account)
}

// NewBook returns a book without accounts. Transfers take their ids from ids;
// settlement accounts are credited on the given stripe (0 or more): workers
// that post at the same time do best with stripes of their own.
func NewBook(ids *IDs, stripe int16) *Book {
	return &Book{ids: ids, stripe: stripe, accounts: make(map[string]*entry)}
}

// Transfer decides on a payment and, unless it is refused, adds it to the book.
// The error is a [Decline]; an [*OverflowError]; or says that the amount is not
// positive or the book has no ids left, which are faults of the caller.
// Payments are decided in the order of the calls, each on what those before it
// left.
func (b *Book) Transfer(p Payment) (Transfer, error) {
	if p.Amount <= 0 {
		return Transfer{}, fmt.Errorf("transfer %q: amount %d is not positive", p.Reference, p.Amount)
	}
	debit, credit := b.accounts[p.Account], b.accounts[p.CreditAccount]
	if debit == nil || debit.kind != Customer || credit == nil || credit.kind == "" {
		return Transfer{}, AccountNotFound
	}
	if debit.closedAt != nil || credit.closedAt != nil {
		return Transfer{}, AccountClosed
	}
	if debit.currency != p.Currency || credit.currency != p.Currency {
		return Transfer{}, CurrencyMismatch
	}
	if !debit.affords(p.Amount) {
		return Transfer{}, InsufficientFunds
	}
	if debit.delta < math.MinInt64+p.Amount {
		return Transfer{}, &OverflowError{Account: p.Account}
	}
	if !credit.takes(p.Amount) {
		return Transfer{}, &OverflowError{Account: p.CreditAccount}
	}
	if b.ids.left() == 0 {
		return Transfer{}, fmt.Errorf("transfer %q: no transfer ids were reserved for it", p.Reference)
	}
	return b.add(p, debit, credit), nil
}

func (b *Book) add(p Payment, debit, credit *entry) Transfer {
	transfer := Transfer{
		ID:            b.ids.take(),
		DebitAccount:  debit.id,
		CreditAccount: credit.id,
		Amount:        p.Amount,
		Reference:     p.Reference,
	}
	if credit.kind == Settlement {
		transfer.CreditStripe = &b.stripe
	}
	debit.delta -= p.Amount
	credit.delta += p.Amount
	b.transfers = append(b.transfers, transfer)
	return transfer
}

// affords tells whether an amount may be debited, and notes for which balances
// the answer is the same.
func (e *entry) affords(amount int64) bool {
	least := minus(amount-e.overdraftLimit, e.delta) // the balance that is enough
	if e.available() >= uint64(amount) {             //nolint:gosec // it is positive
		e.low = max(e.low, least)
		return true
	}
	if least > e.balance { // or no balance that 64 bits hold is enough
		e.high = min(e.high, least-1)
	}
	return false
}

// takes tells whether an amount may be credited, and notes for which balances
// the answer is the same.
func (e *entry) takes(amount int64) bool {
	if e.delta > math.MaxInt64-amount {
		return false
	}
	most := minus(math.MaxInt64-amount, e.delta) // the balance that leaves room
	if e.balance > most {
		e.low = max(e.low, most+1)
		return false
	}
	e.high = min(e.high, most)
	return true
}

// minus is a - b, or the nearest that 64 bits hold.
func minus(a, b int64) int64 {
	switch difference := a - b; {
	case b < 0 && difference < a:
		return math.MaxInt64
	case b > 0 && difference > a:
		return math.MinInt64
	default:
		return difference
	}
}

// available is what may be debited, in minor units: nothing below the limit. A
// balance and a limit may add up to more than an int64 holds.
func (e *entry) available() uint64 {
	balance := e.balance + e.delta
	if balance < -e.overdraftLimit {
		return 0
	}
	return uint64(balance) + uint64(e.overdraftLimit) //nolint:gosec // wraps below zero, and back in the sum
}

// decidedOn tells whether anything was decided by what the account holds.
func (e *entry) decidedOn() bool {
	return e.kind == Customer && (e.low > math.MinInt64 || e.high < math.MaxInt64)
}
