package integration

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// oracle knows which accounts were opened and what was produced, and from that
// alone what the database may say in the end.
type oracle struct {
	mu       sync.Mutex
	accounts map[string]account
	sent     map[string][]produced // by order id, repeats too
	letters  map[letter]bounds     // of records that cannot be a command
}

// produced is a command as it was sent.
type produced struct {
	command
	letter letter // what is kept of the record if it is a conflict
	maybe  bool   // nobody knows whether it is in the log
}

// letter is a digest of a dead letter: its reason, key, value and headers, byte
// for byte, where null is not the same as empty.
type letter [16]byte

// bounds is how often something may be found.
type bounds struct{ least, most int }

// with counts one more, which may not be there.
func (b bounds) with(maybe bool) bounds {
	b.most++
	if !maybe {
		b.least++
	}
	return b
}

func newOracle() *oracle {
	return &oracle{accounts: map[string]account{}, sent: map[string][]produced{}, letters: map[letter]bounds{}}
}

func (o *oracle) open(a account) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.accounts[a.name] = a
}

// expect tells of a command that was sent in this record.
func (o *oracle) expect(c command, r *kgo.Record) { o.expectCommand(c, r, false) }

// expectCommand tells of one that may not have reached the log.
func (o *oracle) expectCommand(c command, r *kgo.Record, maybe bool) {
	kept := letterOfRecord(conflictReason, r)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent[c.order] = append(o.sent[c.order], produced{c, kept, maybe})
}

// expectLetter tells of a record that is to be dead-lettered for the reason.
func (o *oracle) expectLetter(r *kgo.Record, reason string) { o.expectPoison(r, reason, false) }

// expectPoison tells of one that may not have reached the log.
func (o *oracle) expectPoison(r *kgo.Record, reason string, maybe bool) {
	kept := letterOfRecord(reason, r)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.letters[kept] = o.letters[kept].with(maybe)
}

func letterOfRecord(reason string, r *kgo.Record) letter {
	keys, values := make([][]byte, len(r.Headers)), make([][]byte, len(r.Headers))
	for i, header := range r.Headers {
		keys[i], values[i] = []byte(header.Key), header.Value
	}
	return letterOf(reason, r.Key, r.Value, keys, values)
}

func letterOf(reason string, key, value []byte, headerKeys, headerValues [][]byte) letter {
	digest := sha256.New()
	write := func(b []byte) {
		size := int64(len(b))
		if b == nil {
			size = -1
		}
		_ = binary.Write(digest, binary.BigEndian, size)
		_, _ = digest.Write(b)
	}
	write([]byte(reason))
	write(key)
	write(value)
	for i := range headerKeys {
		write(headerKeys[i])
		write(headerValues[i])
	}
	return letter(digest.Sum(nil))
}

// difference says in what the books differ from what was produced; nothing
// when they don't.
func (o *oracle) difference(b *books) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	v := &verdict{oracle: o, books: b, balances: map[string]int64{}, credited: map[string]bool{}}
	for name, a := range o.accounts {
		v.balances[name] = a.opening
	}
	v.checkAnswers()
	v.checkTransfers()
	v.checkBalances()
	v.checkDeclines()
	v.checkConflicts()
	v.checkLetters()
	slices.Sort(v.found)
	return v.found
}

// verdict is one comparison.
type verdict struct {
	*oracle
	books    *books
	balances map[string]int64 // what the accounts should hold
	credited map[string]bool  // accounts that applied orders paid
	found    []string
}

func (v *verdict) report(format string, args ...any) {
	v.found = append(v.found, fmt.Sprintf(format, args...))
}

// checkAnswers holds promises 1 and 2: each order has one answer, to something
// that was asked for, and there is no other.
func (v *verdict) checkAnswers() {
	for order, commands := range v.sent {
		sure := slices.ContainsFunc(commands, func(c produced) bool { return !c.maybe })
		if _, answered := v.books.answers[order]; sure && !answered {
			v.report("order %s was produced and has no outcome", order)
		}
	}
	for order, answer := range v.books.answers {
		asked := slices.ContainsFunc(v.sent[order], func(c produced) bool {
			return c.attempt == answer.attempt && c.payment == answer.payment
		})
		if !asked {
			v.report("order %s: %+v was never asked for, but %+v", order, answer, v.sent[order])
		}
		if answer.outcome == applied {
			v.balances[answer.account] -= answer.minor
			v.balances[answer.credit] += answer.minor
			v.credited[answer.credit] = true
		}
	}
}

// checkTransfers holds promise 1 on the side of the money.
func (v *verdict) checkTransfers() {
	for order, n := range v.books.transfers {
		if answer, known := v.books.answers[order]; !known || answer.outcome != applied || n != 1 {
			v.report("order %s was debited %d times, its answer is %+v (%v)", order, n, answer, known)
		}
	}
	for order, answer := range v.books.answers {
		if answer.outcome == applied && v.books.transfers[order] != 1 {
			v.report("order %s is applied and was debited %d times", order, v.books.transfers[order])
		}
	}
}

// checkBalances holds promise 5.
func (v *verdict) checkBalances() {
	for name, expected := range v.balances {
		if actual, exists := v.books.balances[name]; !exists || actual != expected {
			v.report("account %s holds %d (%v), should be %d", name, actual, exists, expected)
		}
	}
	for name, a := range v.accounts {
		if a.kind == "customer" && v.books.balances[name] < -a.limit {
			v.report("account %s holds %d, its overdraft limit is %d", name, v.books.balances[name], a.limit)
		}
	}
}

// checkDeclines says whether each decline is for a reason that existed.
func (v *verdict) checkDeclines() {
	for order, answer := range v.books.answers {
		reasons := v.reasonsToDecline(answer.payment)
		switch {
		case answer.outcome == applied && len(reasons) > 0 && !slices.Contains(reasons, ""):
			v.report("order %s was applied, should be declined: %v", order, reasons)
		case answer.outcome == declined && !slices.Contains(reasons, answer.reason):
			v.report("order %s was declined for %q, possible is %q", order, answer.reason, reasons)
		}
		for _, c := range v.sent[order] {
			if answer.outcome == declined && c.attempt > answer.attempt && !c.maybe {
				v.report("order %s: declined at attempt %d, but %d was asked for", order, answer.attempt, c.attempt)
			}
		}
	}
}

// reasonsToDecline lists what the payment may be declined for; "" stands for
// not declined.
func (v *verdict) reasonsToDecline(p payment) []string {
	from, known := v.accounts[p.account]
	to, creditKnown := v.accounts[p.credit]
	switch {
	case !known || !creditKnown:
		return []string{"account_not_found"}
	case from.currency != p.currency || to.currency != p.currency:
		return []string{"currency_mismatch"}
	}
	// An account that is only debited had, whenever it was asked, at least what
	// it has in the end: what that covers must not have been declined.
	if available := v.balances[p.account] + from.limit; p.minor > available || v.credited[p.account] {
		return []string{"", "insufficient_funds"}
	}
	return []string{""}
}

// conflictReason is the code of dead letters whose order is known with another
// payload.
const conflictReason = "order_conflict"

// checkConflicts holds promise 4: of an order that was asked for in different
// ways, each record that is not the answered way is kept as a conflict.
func (v *verdict) checkConflicts() {
	for order, commands := range v.sent {
		// Which attempt meets which answer depends on the order of arrival.
		attempts := slices.ContainsFunc(commands, func(c produced) bool { return c.attempt != 1 })
		expected := make(map[letter]bounds)
		for _, c := range commands {
			if attempts || c.payment != v.books.answers[order].payment {
				expected[c.letter] = expected[c.letter].with(attempts || c.maybe)
			}
		}
		v.compare("conflict of order "+order, expected, v.books.conflicts[order])
	}
	for order := range v.books.conflicts {
		if len(v.sent[order]) == 0 {
			v.report("order %s was never produced and has a conflict", order)
		}
	}
}

// checkLetters holds promise 2 for what cannot be a command.
func (v *verdict) checkLetters() {
	v.compare("dead letter", v.letters, v.books.letters)
}

// compare holds what was found against what may be found.
func (v *verdict) compare(what string, expected map[letter]bounds, found map[letter]int) {
	for kept, b := range expected {
		if n := found[kept]; n < b.least || n > b.most {
			v.report("%s %x is there %d times, should be %d to %d", what, kept, n, b.least, b.most)
		}
	}
	for kept := range found {
		if _, known := expected[kept]; !known {
			v.report("%s %x is not what was produced", what, kept)
		}
	}
}

// forget is told of records that are lost before anybody could read them.
func (o *oracle) forget(commands []command) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range commands {
		delete(o.sent, c.order)
	}
}
