package demo

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"

	"deductor/consumer/command"
	"deductor/ledger"
)

// partitionCount is how many the topic has.
const partitionCount = 8

// Plan is what is sent, and all that is needed to tell what must come of it.
type Plan struct {
	Seed     uint64
	accounts []account
	orders   []order
	messages []message
	// duplicates is how many messages repeat another byte for byte.
	duplicates int
	malformed  []byte
}

// account is a customer.
type account struct {
	name, currency string
	opening        int64 // minor units
	closed         bool
}

// order is what one order id asks for. All its messages are the same, but for
// a conflict's, whose second one asks for another amount.
type order struct {
	id, account, currency string
	amount                int64          // minor units
	rival                 int64          // the other amount of a conflict, minor units; else 0
	decline               ledger.Decline // why it must be declined; empty when it must be debited
}

// message is a record to send.
type message struct {
	partition  int
	key, value []byte
}

// What is special: one of so many orders, but at least one.
const (
	ordersPerDecline  = 1000 // for each reason
	ordersPerConflict = 500
)

// malformed breaks off, as what a producer cut short.
const malformed = `{"order_id":"ord-cut-short","account":"customer-1","amount":"12.34","curr`

// NewPlan makes up orders and their duplicates. The same numbers make the same
// plan.
func NewPlan(orders, duplicates int, seed uint64) (*Plan, error) {
	rng := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // no secret: to be had again
	p := &Plan{Seed: seed, duplicates: duplicates, malformed: []byte(malformed)}
	customers := newCustomers(rng)
	p.orders = make([]order, 0, orders)
	for _, kind := range kinds(orders, rng) {
		p.orders = append(p.orders, customers.order("ord-"+strconv.Itoa(len(p.orders)+1), kind))
	}
	p.accounts = customers.endow()
	return p, p.schedule(rng)
}

// turn is when a message is sent: orders are sent at 0, 1, 2 and so on.
type turn struct {
	at float64
	message
}

// schedule puts each order in its turn, and what follows it (a duplicate, the
// other copy of a conflict) soon after it or any time later.
func (p *Plan) schedule(rng *rand.Rand) error {
	end := len(p.orders)
	turns := make([]turn, end, end+p.duplicates+end/ordersPerConflict+2)
	var repeatable []int
	for i := range p.orders {
		o := &p.orders[i]
		first, err := o.message(o.amount, home(o.account))
		if err != nil {
			return err
		}
		turns[i] = turn{float64(i), first}
		if o.rival == 0 {
			repeatable = append(repeatable, i)
			continue
		}
		second, err := o.message(o.rival, anyPartition(first.partition, rng))
		if err != nil {
			return err
		}
		turns = append(turns, turn{later(i, end, rng), second})
	}
	for range p.duplicates {
		i := repeatable[rng.IntN(len(repeatable))]
		repeat := turns[i].message
		repeat.partition = anyPartition(repeat.partition, rng)
		turns = append(turns, turn{later(i, end, rng), repeat})
	}
	turns = append(turns, turn{float64(end) / 2, message{partition: rng.IntN(partitionCount), value: p.malformed}})
	slices.SortStableFunc(turns, func(a, b turn) int { return cmp.Compare(a.at, b.at) })
	p.messages = make([]message, len(turns))
	for i := range turns {
		p.messages[i] = turns[i].message
	}
	return nil
}

// later is within the next ten orders or any time until the end, as often.
func later(after, end int, rng *rand.Rand) float64 {
	within := 10
	if rng.IntN(2) == 0 {
		within = end - after
	}
	return float64(after) + float64(within)*rng.Float64()
}

// anyPartition is the given one or another, as often.
func anyPartition(home int, rng *rand.Rand) int {
	if rng.IntN(2) == 0 {
		return home
	}
	return (home + 1 + rng.IntN(partitionCount-1)) % partitionCount
}

func (o *order) message(amount int64, partition int) (message, error) {
	value, err := command.Encode(command.Command{
		OrderID: o.id, Account: o.account, Amount: amount, Currency: o.currency,
	})
	return message{partition: partition, key: []byte(o.account), value: value}, err
}
