package settle

import (
	"slices"
	"time"

	"deductor/dedupe"
)

// Event is one thing that happened to an order.
type Event struct {
	// At is when its transaction began.
	At time.Time
	// What is applied, declined, set_aside, or what an operator did to a dead
	// letter: requeue, discard or export.
	What string
	// Code is why it was declined or set aside, and what a requeue came to; empty
	// otherwise.
	Code string
	// Detail says more of it, for a person; empty when there is no more.
	Detail string
	// Attempt is which was decided, and TransferID what it made; zero otherwise.
	Attempt    int32
	TransferID int64
	// LetterID is the dead letter; zero when it is about none.
	LetterID int64
	// Origin is the record that was decided or set aside; nil when there is none.
	Origin *Origin
	// Actor and Reason are who acted and why; empty when a worker did.
	Actor, Reason string
}

// What events are about.
const (
	EventApplied  = "applied"
	EventDeclined = "declined"
	EventSetAside = "set_aside"
)

// Events tells the order's story, the oldest event first.
func (o *Order) Events() []Event {
	var events []Event
	for i := range o.DeadLetters {
		letter := &o.DeadLetters[i]
		events = append(events, Event{At: letter.CreatedAt, What: EventSetAside, Code: letter.Reason,
			Detail: letter.Detail, LetterID: letter.ID, Origin: &letter.Origin})
		for _, a := range letter.Actions {
			events = append(events, Event{At: a.CreatedAt, What: a.Action, Code: string(a.Outcome), Detail: a.Detail,
				LetterID: a.LetterID, Actor: a.Actor, Reason: a.Reason})
		}
	}
	for i := range o.Earlier {
		events = append(events, o.Earlier[i].event())
	}
	if o.Decided {
		events = append(events, o.Answer.event())
	}
	// Of one transaction, a requeue is before what it came to.
	slices.SortStableFunc(events, func(a, b Event) int { return a.At.Compare(b.At) })
	return events
}

func (a *Answer) event() Event {
	what := EventApplied
	if a.Outcome == dedupe.Declined {
		what = EventDeclined
	}
	return Event{At: a.ProcessedAt, What: what, Code: a.Reason, Attempt: a.Attempt, TransferID: a.TransferID,
		Origin: a.Origin}
}
