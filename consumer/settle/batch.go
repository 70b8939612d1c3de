package settle

import (
	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/command"
)

// Key names a partition of a topic as one consumer group reads it.
type Key struct {
	Group, Topic string
	Partition    int32
}

// Slice is a run of one partition's records: all that were read from Start
// (inclusive) to End (exclusive), without gaps but for control records and
// records of aborted transactions, which are no commands.
type Slice struct {
	Key Key
	// SourceID is the partition's row in table source.
	SourceID int32
	// Epoch is the one that [Acquire] gave.
	Epoch      int64
	Start, End int64
	// LeaderEpoch is that of the last record before End; -1 when unknown.
	LeaderEpoch int32
	// Replay is the one that [Acquire] found to run.
	Replay Replaying
	// Items are in the order of their offsets. There may be none.
	Items []Item
}

// Item is one record: a command, or why it is none.
type Item struct {
	// Record is kept whole, for the dead letter that it may become.
	Record *kgo.Record
	// Command is what the record asks for; nothing when Rejection is not nil.
	Command command.Command
	// Rejection says why the record is not a command.
	Rejection *command.Rejection
}

// Kind is what became of a record.
type Kind int

// The kinds.
const (
	// Applied means that it was debited now.
	Applied Kind = iota
	// Declined means that the books refused it now.
	Declined
	// Duplicate means that its stored answer stands: nothing was done.
	Duplicate
	// DeadLettered means that it was set aside.
	DeadLettered
	kinds
)

// String returns the kind's name as users see it.
func (k Kind) String() string {
	return [...]string{"applied", "declined", "duplicate", "dead_lettered"}[k]
}

// Counts is how many records became what, by [Kind].
type Counts [kinds]int64

// Add adds the other's counts.
func (c *Counts) Add(other Counts) {
	for kind := range other {
		c[kind] += other[kind]
	}
}

// halve splits a batch of more than one record into two, of which the first
// ends where the second begins. A slice is cut right after a record, so that
// the leader epoch before the cut is known.
func halve(batch []Slice) (first, second []Slice) {
	left := size(batch) / 2
	for i, slice := range batch {
		if n := len(slice.Items); n <= left {
			first = append(first, slice)
			left -= n
			continue
		}
		if left == 0 {
			return first, append(second, batch[i:]...)
		}
		head, tail := slice, slice
		head.Items, tail.Items = slice.Items[:left], slice.Items[left:]
		last := head.Items[left-1].Record
		head.End, head.LeaderEpoch = last.Offset+1, last.LeaderEpoch
		tail.Start = head.End
		return append(first, head), append(append(second, tail), batch[i+1:]...)
	}
	return first, second
}

// size is how many records the batch has.
func size(batch []Slice) int {
	n := 0
	for i := range batch {
		n += len(batch[i].Items)
	}
	return n
}
