package partitions

// State is where a partition stands. The JSON is a contract with scripts: a
// null is what there is none of.
type State struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	// State is ok (a live worker has it), idle (none has), or halted: and why.
	State string `json:"state"`
	// CommittedOffset is the group's in Kafka.
	CommittedOffset *int64 `json:"committed_offset"`
	// Watermark is the first offset without a recorded outcome in the database.
	Watermark *int64 `json:"watermark"`
	// LogStart and LogEnd are the first offset of the log and the next one to
	// be written; null of a partition that the topic no longer has.
	LogStart *int64 `json:"log_start"`
	LogEnd   *int64 `json:"log_end"`
	// Lag is how many offsets are still to be read, up to the first undecided
	// transaction: control records and aborted ones count until they are passed.
	Lag *int64 `json:"lag"`
	// Owner is the worker that has it now.
	Owner *string `json:"owner"`
}

// States of a partition. A halted one is HaltedPrefix and the reason.
const (
	OK           = "ok"
	Idle         = "idle"
	HaltedPrefix = "halted: "
)

// Worker is a member of the consumer group.
type Worker struct {
	Name       string  `json:"name"`
	Host       string  `json:"host"`
	Partitions []int32 `json:"partitions"`
}

// Totals sum up the partitions.
type Totals struct {
	Partitions int   `json:"partitions"`
	OK         int   `json:"ok"`
	Idle       int   `json:"idle"`
	Halted     int   `json:"halted"`
	Lag        int64 `json:"lag"`
}

// Sum counts the partitions by state, and adds up their lag.
func Sum(states []State) Totals {
	t := Totals{Partitions: len(states)}
	for _, s := range states {
		switch s.State {
		case OK:
			t.OK++
		case Idle:
			t.Idle++
		default:
			t.Halted++
		}
		if s.Lag != nil {
			t.Lag += *s.Lag
		}
	}
	return t
}
