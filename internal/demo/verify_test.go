package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"deductor/consumer/command"
	"deductor/ledger"
)

// TestAnyOrderIsRight reads the messages in any order, in the simplest way that
// keeps the promises: the plan's expectation must hold.
func TestAnyOrderIsRight(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := newPlan(t, rapid.IntRange(minOrders, 2000).Draw(t, "orders"),
			rapid.IntRange(0, 500).Draw(t, "duplicates"), rapid.Uint64().Draw(t, "seed"))
		f := process(p, rapid.Uint64().Draw(t, "order of reading"))
		for _, l := range verify(p, f) {
			if l.wrong() {
				t.Errorf("%s: %d, want %d; %q", l.label, l.got, l.want, l.problems)
			}
		}
	})
}

// TestAWrongResultIsSeen makes one thing wrong at a time.
func TestAWrongResultIsSeen(t *testing.T) {
	t.Parallel()
	p := newPlan(t, 1000, 200, 1)
	paid, refused := orderThat(p, ""), orderThat(p, ledger.InsufficientFunds)
	rivals := p.orders[slices.IndexFunc(p.orders, func(o order) bool { return o.rival != 0 })]
	for name, test := range map[string]struct {
		breakIt func(f *found)
		want    []string // labels of the wrong lines
	}{
		"a record that was not read": {
			func(f *found) { f.records-- }, []string{"records read", "duplicates answered"}},
		"an order that was forgotten": {
			func(f *found) { delete(f.orders, paid.id) }, []string{"orders", "duplicates answered"}},
		"an order that nobody sent": {
			func(f *found) { f.orders["ord-0"] = "" }, []string{"orders", "duplicates answered"}},
		"a debit too many": {
			func(f *found) { f.transfers[paid.id] = append(f.transfers[paid.id], f.transfers[paid.id][0]) },
			[]string{"debited", "orders with one transfer, as sent"}},
		"a debit too few": {
			func(f *found) { delete(f.transfers, paid.id) },
			[]string{"debited", "orders with one transfer, as sent"}},
		"one too many and one too few": {
			func(f *found) {
				f.transfers[rivals.id] = append(f.transfers[rivals.id], f.transfers[paid.id]...)
				delete(f.transfers, paid.id)
			},
			[]string{"orders with one transfer, as sent"}},
		"a debit of an order that nobody sent": {
			func(f *found) { f.transfers["ord-0"] = []transfer{{}} }, []string{"debited"}},
		"another amount": {
			func(f *found) { f.transfers[paid.id][0].amount++ }, []string{"orders with one transfer, as sent"}},
		"another account": {
			func(f *found) { f.transfers[paid.id][0].debit = "customer-0" }, []string{"orders with one transfer, as sent"}},
		"another credit account": {
			func(f *found) { f.transfers[paid.id][0].credit = "customer-0" }, []string{"orders with one transfer, as sent"}},
		"a payment that was declined": {
			func(f *found) { f.orders[paid.id] = "account_closed" }, []string{"debited", "declined", "account_closed"}},
		"a decline that was recorded as applied": {
			func(f *found) { f.orders[refused.id] = "" }, []string{"declined", "insufficient_funds"}},
		"a decline for another reason": {
			func(f *found) { f.orders[refused.id] = "account_closed" }, []string{"account_closed", "insufficient_funds"}},
		"a decline that was paid": {
			func(f *found) { f.transfers[refused.id] = []transfer{{}} }, []string{"debited"}},
		"a balance": {
			func(f *found) { f.balances[paid.account]-- }, []string{"accounts with the right balance"}},
		"an account that is gone": {
			func(f *found) { delete(f.balances, "customer-100") }, []string{"accounts with the right balance"}},
		"an account that nobody made": {
			func(f *found) { f.balances["customer-0"] = 1 }, []string{"accounts with the right balance"}},
		"a dead letter that is lost": {
			func(f *found) { f.deadLetters = f.deadLetters[1:] }, []string{"dead letters", f0(p), "duplicates answered"}},
		"a dead letter with other bytes": {
			func(f *found) { f.deadLetters[0].value = []byte("{}") }, []string{f0(p)}},
		"a dead letter for another reason": {
			func(f *found) { f.deadLetters[0].reason = "empty_value" }, []string{f0(p), "empty_value"}},
		"a finding of the audit": {
			func(f *found) { f.checks[0].Findings = []ledger.Finding{{Subject: "USD", Detail: "off"}} },
			[]string{"checks of the audit passed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := process(p, 1)
			test.breakIt(f)
			wrong := wrongLabels(p, f)
			slices.Sort(test.want)
			if !slices.Equal(wrong, test.want) {
				t.Errorf("wrong are %q, want %q", wrong, test.want)
			}
		})
	}
}

// wrongLabels are those of the lines that differ from the plan, sorted.
func wrongLabels(p *Plan, f *found) []string {
	var wrong []string
	for _, l := range verify(p, f) {
		if l.wrong() {
			wrong = append(wrong, l.label)
		}
	}
	slices.Sort(wrong)
	return wrong
}

// f0 is the reason of the first dead letter.
func f0(p *Plan) string { return process(p, 1).deadLetters[0].reason }

func orderThat(p *Plan, decline ledger.Decline) order {
	return p.orders[slices.IndexFunc(p.orders, func(o order) bool { return o.decline == decline && o.rival == 0 })]
}

// process answers the plan's messages in a random order: an order once, in the
// way of the first message that was read.
func process(p *Plan, seed uint64) *found {
	f := &found{
		records:   int64(len(p.messages)),
		orders:    make(map[string]string),
		transfers: make(map[string][]transfer),
		balances:  make(map[string]int64),
		checks:    []ledger.Check{{Name: "trial_balance"}},
	}
	customers := make(map[string]account)
	for _, a := range p.accounts {
		customers[a.name] = a
		f.balances[a.name] = a.opening
		f.balances["settlement:"+a.currency] = 0
	}
	for _, i := range rand.New(rand.NewPCG(seed, 0)).Perm(len(p.messages)) {
		value := p.messages[i].value
		c, rejection := command.Decode(value)
		if rejection != nil {
			f.deadLetters = append(f.deadLetters, deadLetter{string(rejection.Reason), value})
			continue
		}
		if _, answered := f.orders[c.OrderID]; answered {
			if t := f.transfers[c.OrderID]; len(t) > 0 && t[0].amount != c.Amount {
				f.deadLetters = append(f.deadLetters, deadLetter{string(command.ReasonOrderConflict), value})
			}
			continue
		}
		customer, known := customers[c.Account]
		switch {
		case !known:
			f.orders[c.OrderID] = "account_not_found"
		case customer.closed:
			f.orders[c.OrderID] = "account_closed"
		case customer.currency != c.Currency:
			f.orders[c.OrderID] = "currency_mismatch"
		case f.balances[c.Account] < c.Amount:
			f.orders[c.OrderID] = "insufficient_funds"
		default:
			f.orders[c.OrderID] = ""
			f.transfers[c.OrderID] = []transfer{{c.Account, c.CreditAccount, c.Currency, c.Amount}}
			f.balances[c.Account] -= c.Amount
			f.balances[c.CreditAccount] += c.Amount
		}
	}
	if len(f.balances) != customerCount+len(currencies) {
		panic(fmt.Sprintf("%d accounts", len(f.balances)))
	}
	return f
}
