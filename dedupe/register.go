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
	horizon *time.Time // nil when nothing was ever pruned
	copied  bool       // new orders were written by [Register.CopyNew]
}

// order is what is known of one order id.
type order struct {
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
		known = &order{}
		r.orders[answer.OrderID] = known
	}
	if known.current != nil {
		known.superseded = append(known.superseded, *known.current)
	}
	known.current = &answer
}

// load notes a row of table processed.
func (r *Register) load(stored Record) {
	r.orders[stored.OrderID] = &order{stored: &stored, current: &stored}
}

// loadEarlier notes a row of table declined_attempt.
func (r *Register) loadEarlier(earlier Record) {
	known := r.orders[earlier.OrderID]
	known.earlier = append(known.earlier, earlier)
}

// retried returns the stored orders that were attempted more than once.
func (r *Register) retried() []string {
	var ids []string
	for id, known := range r.orders {
		if known.stored != nil && known.stored.Attempt > 1 {
			ids = append(ids, id)
		}
	}
	return ids
}
