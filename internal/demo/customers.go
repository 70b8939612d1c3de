package demo

import (
	"hash/crc32"
	"math/rand/v2"
	"strconv"

	"deductor/ledger"
)

// kind is what is to become of an order.
type kind int

const (
	applied kind = iota
	conflicting
	insufficientFunds
	accountNotFound
	accountClosed
	currencyMismatch
	kindCount
)

var declines = map[kind]ledger.Decline{
	insufficientFunds: ledger.InsufficientFunds,
	accountNotFound:   ledger.AccountNotFound,
	accountClosed:     ledger.AccountClosed,
	currencyMismatch:  ledger.CurrencyMismatch,
}

// kinds returns a kind for each order, in random order.
func kinds(orders int, rng *rand.Rand) []kind {
	all := make([]kind, orders)
	next := 0
	for k := conflicting; k < kindCount; k++ {
		share := ordersPerDecline
		if k == conflicting {
			share = ordersPerConflict
		}
		for range max(1, orders/share) {
			all[next] = k
			next++
		}
	}
	rng.Shuffle(orders, func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// customers are accounts customer-1 to customer-500.
type customers struct {
	rng  *rand.Rand
	all  []account
	need map[string]int64 // by name: the most that its orders may take, minor units
	rich []int            // those that can pay, by their place
	poor []int            // those that never have anything
	shut int              // the closed one
}

// Customers: each hundredth is poor, one is closed.
const (
	customerCount = 500
	eachPoor      = 100
	closedNumber  = 313
)

// maxAmount of an order, and how much may be left at the end, in minor units.
const (
	maxAmount = 20_000
	maxLeft   = 50_000
)

func newCustomers(rng *rand.Rand) *customers {
	c := &customers{rng: rng, need: make(map[string]int64)}
	for i := range customerCount {
		number := i + 1
		c.all = append(c.all, account{
			name:     "customer-" + strconv.Itoa(number),
			currency: currencyOf(number),
			closed:   number == closedNumber,
		})
		switch {
		case number == closedNumber:
			c.shut = i
		case number%eachPoor == 0:
			c.poor = append(c.poor, i)
		default:
			c.rich = append(c.rich, i)
		}
	}
	return c
}

var currencies = [...]string{"USD", "EUR", "JPY"}

func currencyOf(number int) string {
	switch {
	case number <= 300:
		return currencies[0]
	case number <= 450:
		return currencies[1]
	default:
		return currencies[2]
	}
}

// order makes up an order that must end as its kind says.
func (c *customers) order(id string, k kind) order {
	payer := &c.all[c.rich[c.rng.IntN(len(c.rich))]]
	switch k {
	case insufficientFunds:
		payer = &c.all[c.poor[c.rng.IntN(len(c.poor))]]
	case accountClosed:
		payer = &c.all[c.shut]
	}
	o := order{
		id: id, account: payer.name, currency: payer.currency,
		amount: 1 + c.rng.Int64N(maxAmount), decline: declines[k],
	}
	switch k {
	case conflicting:
		o.rival = o.amount + 1 + c.rng.Int64N(maxAmount)
		c.need[o.account] += o.rival
	case applied:
		c.need[o.account] += o.amount
	case accountNotFound:
		o.account = "stranger-" + strconv.Itoa(1+c.rng.IntN(customerCount))
	case currencyMismatch:
		o.currency = currencies[0]
		if payer.currency == currencies[0] {
			o.currency = currencies[1]
		}
	}
	return o
}

// endow gives those that can pay what all their orders may take, whichever copy
// of a conflict wins: enough in any order. One in four has nothing left then, so
// that a debit too many shows as a decline, too.
func (c *customers) endow() []account {
	for _, i := range c.rich {
		c.all[i].opening = c.need[c.all[i].name] + max(0, c.rng.Int64N(maxLeft)-maxLeft/4)
	}
	c.all[c.shut].opening = maxLeft
	return c.all
}

// home is the partition of an account's orders.
func home(account string) int {
	return int(crc32.ChecksumIEEE([]byte(account)) % partitionCount)
}
