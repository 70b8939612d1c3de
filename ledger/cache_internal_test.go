package ledger

import (
	"fmt"
	"testing"
	"time"
)

// keptBook is a book that has read these customers.
func keptBook(names ...string) *Book {
	b := NewBook(&IDs{}, 0)
	for i, name := range names {
		b.want(name)
		*b.accounts[name] = entry{name: name, id: int64(i + 1), kind: Customer, currency: "USD"}
		b.read = append(b.read, b.accounts[name])
	}
	return b
}

// known are those of the names that the cache recalls.
func known(c *Cache, names ...string) string {
	b := NewBook(&IDs{}, 0)
	for _, name := range names {
		b.want(name)
	}
	c.recall(b, names)
	var recalled []string
	for _, account := range b.read {
		recalled = append(recalled, account.name)
	}
	return fmt.Sprint(recalled)
}

func TestCacheForgetsTheOneThatCameFirst(t *testing.T) {
	t.Parallel()
	c := newCache(1)
	c.Keep(keptBook("a", "b", "c", "d"))
	c.Keep(keptBook("a")) // it stays where it is
	c.Keep(keptBook("e"))
	if got := known(c, "a", "b", "c", "d", "e"); got != "[b c d e]" {
		t.Errorf("the cache knows %s, want b to e", got)
	}
}

// A closed account would be guessed wrong each time.
func TestCacheForgetsClosedAccounts(t *testing.T) {
	t.Parallel()
	c := newCache(8)
	c.Keep(keptBook("a", "b"))
	closed := keptBook("b", "c")
	for _, account := range closed.read {
		account.closedAt = &time.Time{}
	}
	c.Keep(closed)
	if got := known(c, "a", "b", "c"); got != "[a]" {
		t.Errorf("the cache knows %s, want a alone", got)
	}
}
