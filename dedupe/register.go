package dedupe

import "time"

// Verdict is what is to be done with a request.
type Verdict int

// The verdicts.
const (
	// New means that nothing was answered yet: do the work.
	New Verdict = iota
	// Retry means that lower attempts were declined: do the work again.
	Retry
	// Duplicate means that the answer is known: give it again.
	Duplicate
	// Conflict means that the order id was used for something else: do nothing.
	Conflict
)

// Register is what is known of the orders of one transaction: what was stored
// before it, by [Register.QueueFind], and what it answered so far, by
// [Register.Record]. It belongs to one transaction and one goroutine.
type Register struct {
	orders  map[string]*order
	free    []order  // room for the next ones
	added   []*order // of which nothing was stored
	retried []*order // of which an attempt was superseded
	// reattempted are the stored orders that were attempted more than once.
	reattempted []string
	horizon     *time.Time // nil when nothing was ever pruned
	assumed     bool       // orders were taken for new without a look: [Register.QueueAssumeNew]
	copied      bool       // new orders were written by [Register.CopyNew]
	matched     []bool     // the requests of [Register.QueueMatch]; nil before
}

// order is what is known of one order id.
type order struct {
	// first is where the answer is kept that was known first.
	first Record
	// stored is the row of table processed; nil when there is none.
	stored *Record
	// current is the answer of the highest decided attempt: stored, or one of
	// this transaction's. nil when nothing was decided.
	current *Record
	// earlier are declined attempts that were superseded before this transaction.
	earlier []Record
	// superseded are declined attempts that this transaction superseded.
	superseded []Record
}

func (o *order) id() string { return o.current.OrderID }

// NewRegister returns a register of which nothing is known.
func NewRegister() *Register {
	return &Register{orders: make(map[string]*order)}
}

// Decide says what to do with a request, and gives the record that answers it
// when the verdict is [Duplicate] or that is in its way when it is [Conflict];
// nil otherwise.
//
// An attempt that was answered is compared with its own answer, one that came
// too late to be decided with that of the next higher attempt. An applied order
// is never decided again, whatever the attempt. A declined one is decided again
// by a higher attempt only, which may ask for something else.
func (r *Register) Decide(orderID string, attempt int32, fingerprint Fingerprint) (Verdict, *Record) {
	known := r.orders[orderID]
	if known == nil {
		return New, nil
	}
	if known.current.Outcome == Declined && attempt > known.current.Attempt {
		return Retry, nil
	}
	answer := known.answerTo(attempt)
	if answer.Fingerprint == fingerprint {
		return Duplicate, answer
	}
	return Conflict, answer
}

// Horizon tells before when orders may have been forgotten ([Pruner]); zero when
// none was. A request for which [Register.Decide] said [New] or [Retry], and
// that was made before the horizon, may have been answered once: do nothing.
func (r *Register) Horizon() time.Time {
	if r.horizon == nil {
		return time.Time{}
	}
	return *r.horizon
}

// answerTo returns the answer of that very attempt; of the next higher one that
// was decided, which was the current one when the attempt came too late for the
// first time; or the current one, for an attempt after it.
func (o *order) answerTo(attempt int32) *Record {
	answer := o.current
	for _, records := range [][]Record{o.superseded, o.earlier} {
		for i := range records {
			if records[i].Attempt >= attempt && records[i].Attempt < answer.Attempt {
				answer = &records[i]
			}
		}
	}
	return answer
}

// Record notes the answer to a request for which [Register.Decide] said [New]
// or [Retry]. [Register.QueueSave] writes it.
func (r *Register) Record(answer Record) {
	known := r.orders[answer.OrderID]
	if known == nil {
		r.added = append(r.added, r.add(&answer))
		return
	}
	if known.superseded == nil {
		r.retried = append(r.retried, known)
	}
	known.superseded = append(known.superseded, *known.current)
	later := answer // and not answer itself, which would be on the heap each time
	known.current = &later
}

// load notes a row of table processed.
func (r *Register) load(stored *Record) {
	known := r.add(stored)
	known.stored = known.current
	if stored.Attempt > 1 {
		r.reattempted = append(r.reattempted, stored.OrderID)
	}
}

// add notes the first answer to an order. Orders are made by the block: a batch has
// thousands.
func (r *Register) add(answer *Record) *order {
	if len(r.free) == 0 {
		r.free = make([]order, min(len(r.orders)+1, 512))
	}
	known := &r.free[0]
	r.free = r.free[1:]
	known.first = *answer
	known.current = &known.first
	r.orders[answer.OrderID] = known
	return known
}

// reserve makes room for so many orders.
func (r *Register) reserve(n int) {
	if len(r.orders) == 0 {
		r.orders = make(map[string]*order, n)
		r.added = make([]*order, 0, n)
	}
}

// loadEarlier notes a row of table declined_attempt.
func (r *Register) loadEarlier(earlier *Record) {
	known := r.orders[earlier.OrderID]
	known.earlier = append(known.earlier, *earlier)
}
