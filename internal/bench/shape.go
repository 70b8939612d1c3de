package bench

import "math/rand/v2"

// shape is how a workload differs from the usual one: random order ids, accounts
// uniform, one settlement account, no duplicates, small messages, one worker.
type shape struct {
	name        string
	timeOrdered bool
	// accounts is uniform, zipf or one.
	accounts   distribution
	merchants  int     // settlement accounts that are named; 0 for the currency's own
	duplicates float64 // share of the commands
	valueBytes int     // least bytes of a message; 0 for as they are
	workers    int     // at once; 0 for one that is not waited for
	known      int64   // orders that are known beforehand
}

// distribution is which accounts are debited how often.
type distribution int

const (
	uniform distribution = iota
	zipf
	single
)

// debtor chooses an account by its index; nil leaves the generator's choice,
// which is uniform.
func (s *shape) debtor(accounts int) func(*rand.Rand) int {
	switch s.accounts {
	case zipf:
		return newZipf(accounts).draw
	case single:
		return func(*rand.Rand) int { return 0 }
	}
	return nil
}

// merchantCount is how many settlement accounts "many merchants" are.
const merchantCount = 1000

// shapes are those that are measured beside the usual one, which is the first.
func shapes(dedupeRows int64) []shape {
	all := []shape{
		{name: shapeBaseline},
		{name: "ids_time_ordered", timeOrdered: true},
		{name: "accounts_zipf", accounts: zipf},
		{name: "one_customer", accounts: single},
		{name: "many_merchants", merchants: merchantCount},
		{name: "duplicates_10", duplicates: 0.1},
		{name: "duplicates_50", duplicates: 0.5},
		{name: "value_200", valueBytes: 200},
		{name: "value_2000", valueBytes: 2000},
		{name: "workers_1", workers: 1},
		{name: "workers_2", workers: 2},
		{name: "workers_4", workers: 4},
	}
	if dedupeRows > 0 {
		all = append(all,
			shape{name: "dedupe_prefilled", known: dedupeRows},
			shape{name: "dedupe_prefilled_time_ordered", known: dedupeRows, timeOrdered: true})
	}
	return all
}

// shapeBaseline is the usual shape, measured in turn with the others.
const shapeBaseline = "baseline"
