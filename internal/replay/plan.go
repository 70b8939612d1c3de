package replay

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"deductor/consumer/settle"
)

// PlanVersion is that of the JSON of a [Plan]. It changes when an older deductor
// would read it wrong.
const PlanVersion = 1

// Plan is what a replay would do, as of the moment when it was made. Its JSON is
// what plan --save writes and apply reads, and a contract with scripts.
type Plan struct {
	Version   int       `json:"version"`
	CreatedAt time.Time `json:"created_at"`
	Group     string    `json:"group"`
	Topic     string    `json:"topic"`
	// TopicID is the topic's, as Kafka's own tools print it.
	TopicID string `json:"topic_id"`
	// Target is what was asked for, in the words of the command.
	Target string `json:"target"`
	// Horizon is before when orders were pruned; null when none ever was.
	Horizon *time.Time `json:"horizon"`
	// Partitions are in their order.
	Partitions []PartitionPlan `json:"partitions"`
	Totals     Counts          `json:"totals"`
	// Warnings say what the operator should know: holes, times that find nothing.
	Warnings []string `json:"warnings"`
}

// PartitionPlan is what would be read again of one partition.
type PartitionPlan struct {
	Partition int32 `json:"partition"`
	// CommittedOffset is the group's in Kafka; null when there is none.
	CommittedOffset *int64 `json:"committed_offset"`
	settle.Standing
	// Target is the first offset that would be read again; not below the watermark
	// when there is nothing to read.
	Target   int64 `json:"target"`
	LogStart int64 `json:"log_start"`
	LogEnd   int64 `json:"log_end"`
	// Obstacle says why it can't be applied as things are; "" when it can.
	Obstacle string `json:"obstacle"`
	Counts
}

// Counts are what records would become.
type Counts struct {
	// WouldRead is how many records there are: the sum of the others.
	WouldRead       int64 `json:"would_read"`
	AlreadyApplied  int64 `json:"already_applied"`
	AlreadyDeclined int64 `json:"already_declined"`
	AlreadySetAside int64 `json:"already_set_aside"`
	WouldApply      int64 `json:"would_apply"`
	WouldDecline    int64 `json:"would_decline"`
	WouldConflict   int64 `json:"would_conflict"`
	TooOld          int64 `json:"too_old"`
	Malformed       int64 `json:"malformed"`
	// WouldDebit is the money of WouldApply, by currency.
	WouldDebit []Money `json:"would_debit"`
}

// Money is an amount in major units, and in minor units as an integer.
type Money struct {
	Currency    string `json:"currency"`
	Amount      string `json:"amount"`
	AmountMinor string `json:"amount_minor"`
}

// Replayed returns the partitions of which something is to be read again.
func (p *Plan) Replayed() []PartitionPlan {
	var some []PartitionPlan
	for _, partition := range p.Partitions {
		if partition.Target < partition.Watermark {
			some = append(some, partition)
		}
	}
	return some
}

// ReadPlan reads what plan --save wrote.
func ReadPlan(r io.Reader) (*Plan, error) {
	var versioned struct {
		Version int `json:"version"`
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &versioned); err != nil || versioned.Version == 0 {
		return nil, fmt.Errorf("it is not a plan: deductor replay plan --save writes one")
	}
	if versioned.Version != PlanVersion {
		return nil, fmt.Errorf("its version is %d, this deductor reads version %d: plan again", versioned.Version, PlanVersion)
	}
	plan := &Plan{}
	if err := json.Unmarshal(data, plan); err != nil {
		return nil, fmt.Errorf("it is not a plan: %w", err)
	}
	return plan, nil
}

// RefusedError says why a replay is not planned or applied, and what to do.
type RefusedError struct{ Why string }

// Error says why.
func (e *RefusedError) Error() string { return e.Why }

func refuse(format string, args ...any) error { return &RefusedError{fmt.Sprintf(format, args...)} }
