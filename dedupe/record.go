package dedupe

import (
	"encoding/json"
	"fmt"
	"time"
)

// Outcome is how an order was answered.
type Outcome int16

// The outcomes, as they stand in column outcome.
const (
	// Applied means that the work was done. It is final for the order.
	Applied Outcome = 1
	// Declined means that the work was refused. It is final for the attempt.
	Declined Outcome = 2
)

// String returns the outcome's name as users see it.
func (o Outcome) String() string {
	switch o {
	case Applied:
		return "applied"
	case Declined:
		return "declined"
	default:
		return fmt.Sprintf("outcome %d", int16(o))
	}
}

// Ref points to what an applied order made. Both halves have a meaning of the
// caller's: a debited account and a transfer, for a payment.
type Ref struct {
	Owner, ID int64
}

// Source says where a request came from. Both halves have a meaning of the
// caller's: a partition and an offset, for a record of a topic.
type Source struct {
	ID       int32
	Position int64
}

// Record is the answer to one attempt of an order.
type Record struct {
	// OrderID has 1 to 128 bytes and is compared byte by byte.
	OrderID string
	// Attempt counts from 1.
	Attempt     int32
	Fingerprint Fingerprint
	Outcome     Outcome
	// Ref is what an applied order made; zero when declined.
	Ref Ref
	// Reason is the code of a decline; empty when applied.
	Reason string
	// Request is what a declined order asked for, a JSON object; nil when applied.
	Request json.RawMessage
	// Source is nil when the request came by no recorded way.
	Source *Source
	// ProcessedAt is set by the database, to the beginning of the transaction.
	ProcessedAt time.Time
}
