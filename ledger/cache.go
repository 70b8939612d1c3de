package ledger

import (
	"hash/maphash"
	"math"
	"sync"
)

// Cache keeps customers' accounts as transactions left them, for later ones to decide on
// without reading ([Book.QueueGuess]). What it knows is a guess, and may be wrong in any
// way: others move money meanwhile, and a database can be put back. So nothing ever has to
// be removed from it. Several goroutines may share one.
type Cache struct {
	seed maphash.Seed
	mu   sync.Mutex
	sets []set
}

// set is where accounts are whose names' hashes leave the same remainder. The one that
// came first makes room for the fifth.
type set [4]guess

// guess is what an account may be. There is no pointer in it: the garbage collector does
// not look at tens of thousands of them.
type guess struct {
	hash           uint64 // of the name
	id             int64  // 0 for none
	balance        int64  // in minor units
	overdraftLimit int64  // in minor units
	terms          int64
	currency       [3]byte
}

// cacheSets hold 65,536 accounts, in 3 MiB.
const cacheSets = 1 << 14

// NewCache returns an empty cache, which has room for 65,536 accounts in 3 MiB.
func NewCache() *Cache { return newCache(cacheSets) }

func newCache(sets int) *Cache {
	return &Cache{seed: maphash.MakeSeed(), sets: make([]set, sets)}
}

// find returns what is known of an account, nil for nothing, and where that is or should be.
func (c *Cache) find(name string) (known *guess, in *set, hash uint64) {
	hash = maphash.String(c.seed, name)
	in = &c.sets[hash%uint64(len(c.sets))]
	for i := range in {
		if in[i].hash == hash && in[i].id != 0 {
			return &in[i], in, hash
		}
	}
	return nil, in, hash
}

// recall gives the book what is known of accounts that it wants, and returns the names of
// the others.
func (c *Cache) recall(b *Book, names []string) (unknown []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var currency string // few differ from the one before
	for _, name := range names {
		known, _, _ := c.find(name)
		if known == nil {
			unknown = append(unknown, name)
			continue
		}
		if string(known.currency[:]) != currency {
			currency = string(known.currency[:])
		}
		account := b.accounts[name]
		*account = entry{name: name, id: known.id, kind: Customer, currency: currency, terms: known.terms, guessed: true,
			balance: known.balance, overdraftLimit: known.overdraftLimit, low: math.MinInt64, high: math.MaxInt64}
		b.read = append(b.read, account)
	}
	return unknown
}

// Keep takes up what became of the book's accounts. It is called once the book's
// transaction was committed.
func (c *Cache) Keep(b *Book) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, account := range b.read {
		if account.kind == Customer {
			c.keep(account)
		}
	}
}

func (c *Cache) keep(account *entry) {
	known, in, hash := c.find(account.name)
	if known != nil && account.guessed { // what others did since then counts, too
		known.balance += account.delta
		return
	}
	if account.closedAt != nil {
		if known != nil { // it would be guessed wrong each time
			*known = guess{}
		}
		return
	}
	if known == nil {
		copy(in[1:], in[:])
		known = &in[0]
	}
	*known = guess{hash: hash, id: account.id, terms: account.terms,
		balance: account.balance + account.delta, overdraftLimit: account.overdraftLimit}
	copy(known.currency[:], account.currency)
}
