package integration

import (
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// oracle knows which accounts were opened and what was produced, and from that
// alone what the database may say in the end.
type oracle struct {
	mu       sync.Mutex
	accounts map[string]account
	sent     map[string][]command // by order id, repeats too
	letters  []string             // letterOf each record that cannot be a command
}

func newOracle() *oracle {
	return &oracle{accounts: map[string]account{}, sent: map[string][]command{}}
}

func (o *oracle) open(a account) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.accounts[a.name] = a
}

func (o *oracle) expect(c command) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent[c.order] = append(o.sent[c.order], c)
}

// expectLetter tells of a record that is to be dead-lettered for the reason.
func (o *oracle) expectLetter(r *kgo.Record, reason string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	keys, values := make([][]byte, len(r.Headers)), make([][]byte, len(r.Headers))
	for i, header := range r.Headers {
		keys[i], values[i] = []byte(header.Key), header.Value
	}
	o.letters = append(o.letters, letterOf(reason, r.Key, r.Value, keys, values))
}

// letterOf makes a dead letter comparable, byte for byte, where null is not
// the same as empty.
func letterOf(reason string, key, value []byte, headerKeys, headerValues [][]byte) string {
	letter := fmt.Sprintf("%s: key %s value %s", reason, quoted(key), quoted(value))
	for i := range headerKeys {
		letter += fmt.Sprintf(" header %s %s", quoted(headerKeys[i]), quoted(headerValues[i]))
	}
	return letter
}

func quoted(b []byte) string {
	if b == nil {
		return "null"
	}
	return strconv.Quote(string(b))
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
	for order := range v.sent {
		if _, answered := v.books.answers[order]; !answered {
			v.report("order %s was produced and has no outcome", order)
		}
	}
	for order, answer := range v.books.answers {
		asked := slices.ContainsFunc(v.sent[order], func(c command) bool {
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
			if answer.outcome == declined && c.attempt > answer.attempt {
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

// checkConflicts holds promise 4: of an order that was asked for in different
// ways, each record that is not the answered way is a conflict.
func (v *verdict) checkConflicts() {
	for order, commands := range v.sent {
		if slices.ContainsFunc(commands, func(c command) bool { return c.attempt != 1 }) {
			continue // which attempt meets which answer depends on the order of arrival
		}
		expected := 0
		for _, c := range commands {
			if c.payment != v.books.answers[order].payment {
				expected++
			}
		}
		if n := v.books.conflicts[order]; n != expected {
			v.report("order %s has %d conflicts, should be %d", order, n, expected)
		}
	}
}

// checkLetters holds promise 2 for what cannot be a command.
func (v *verdict) checkLetters() {
	expected := slices.Sorted(slices.Values(v.letters))
	actual := slices.Sorted(slices.Values(v.books.letters))
	for i := 0; i < max(len(expected), len(actual)); i++ {
		switch {
		case i >= len(expected) || i >= len(actual):
			v.report("%d dead letters, should be %d", len(actual), len(expected))
			return
		case expected[i] != actual[i]:
			v.report("dead letter %s, should be %s", actual[i], expected[i])
			return
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
