package settle

import (
	"errors"

	"deductor/ledger"
)

// expectation is what the orders of a large batch are taken for, by those of the
// batches before it. Whatever they are, the outcome is the same.
type expectation int

const (
	// nothing: orders and accounts are read in one round trip.
	nothing expectation = iota
	// allNew: orders are not looked up. Their key refuses those that are known.
	allNew
	// manyKnown: accounts are read afterwards, for the orders that are not.
	manyKnown
	// allKnown: orders are compared with what is stored of them. Those that differ are looked up
	// afterwards, then their accounts.
	allKnown
)

// errUnsure: a command is to be set aside unless its order is known, and orders were
// not looked up. The same batch again, with a look.
var errUnsure = errors.New("an order that was not looked up may be known")

// wary is how many batches without a known order it takes until orders are expected
// to be new: one that is not costs a transaction.
const wary = 16

// expects tells what to take the orders of a batch for.
func (s *Settler) expects(batch []Slice) expectation {
	switch {
	case size(batch) < s.config.Many:
		return nothing
	case s.wary == 0 && !replayed(batch):
		return allNew
	case s.config.Quarantine: // accounts are locked before orders are looked up
		return nothing
	case s.known:
		return allKnown
	default:
		return manyKnown
	}
}

// guesses are what accounts may be taken for. Where orders are looked up, they are read in
// the same round trip, or few are needed.
func (s *Settler) guesses(orders expectation) *ledger.Cache {
	if orders != allNew || s.misled > 0 {
		return nil
	}
	return s.config.Accounts
}

// learn notes what was met.
func (s *Settler) learn(t *transaction) {
	s.misled = max(0, s.misled-1)
	if s.config.Accounts != nil {
		s.config.Accounts.Keep(t.book)
	}
	if n := int64(len(t.became)); n > 0 {
		s.known = t.counts[Duplicate] == n
	}
	switch {
	case t.counts[Duplicate]+t.counts[DeadLettered] > 0:
		s.wary = wary
	case s.wary > 0:
		s.wary--
	}
}

// disappointed tells whether a batch failed because its orders were not what they
// were taken for. It is run again at once; however it failed, with a look, and its
// accounts are read.
func (s *Settler) disappointed(job *task, err error) bool {
	known := job.expects == allNew && isKnown(err)
	unsure := errors.Is(err, errUnsure)
	if job.guesses != nil && errors.Is(err, errMoved) {
		s.misled = wary
	}
	job.expects, job.guesses = nothing, nil
	if known {
		s.config.Observer.Retried(StateOf(err))
	}
	if known || unsure {
		s.wary = wary
	}
	return known || unsure
}

// replayed tells whether records of the batch are read again by an operator's will.
func replayed(batch []Slice) bool {
	for i := range batch {
		if batch[i].replayed() {
			return true
		}
	}
	return false
}
