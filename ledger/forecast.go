package ledger

import (
	"math"
	"strings"
)

// Unposted are ids for a book that is only to say what would be decided: they
// come from no sequence, so the book must not be posted.
func Unposted() *IDs { return &IDs{next: 1, end: math.MaxInt64} }

// Moves is what books that are not posted move on customers' accounts, by name,
// in minor units.
type Moves map[string]int64

// Add adds what a book has decided.
func (m Moves) Add(b *Book) {
	for name, account := range b.accounts {
		if account.kind == Customer && account.delta != 0 {
			m[strings.Clone(name)] += account.delta // it may be part of a batch's memory
		}
	}
}

// Carry makes a book, whose accounts were read, decide on what earlier ones left.
func (m Moves) Carry(b *Book) {
	for name, account := range b.accounts {
		if account.kind == Customer {
			account.balance += m[name]
		}
	}
}
