package consumer

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/intake"
	"deductor/consumer/settle"
)

// State is what a worker is doing at one moment, from what it knows: nobody is
// asked.
type State struct {
	// Member tells whether it is a member of the group.
	Member bool
	// DatabaseUp tells whether the database answered when it was last looked at.
	DatabaseUp bool
	// Partitions are those that it was given.
	Partitions []PartitionState
}

// PartitionState is a partition of a worker. An offset that is not known, yet or
// at all, is -1.
type PartitionState struct {
	Partition int32
	// Halt says why it waits for an operator; nil when it doesn't.
	Halt *settle.HaltError
	// Reading tells whether it is being read; if not, and without a Halt, it is
	// being taken up.
	Reading bool
	// Position is the offset below which all is settled, Committed what the group
	// committed in Kafka, End the next one to be written.
	Position, Committed, End int64
	// Lag is how many offsets are to be settled up to the last one that can be
	// read: 0 when all is done, also behind markers and open transactions. -1 when
	// it is not known.
	Lag int64
	// Behind is the age of the oldest record that is not settled; 0 when there is
	// none. Of a record that is still to be fetched the age is not known: it is
	// then since when this worker knows of one.
	Behind time.Duration
	// Stalled is how long nothing was settled although something is to be.
	Stalled time.Duration

	idle time.Duration // since something was settled, or it was taken up
}

// State returns what the worker is doing now.
func (w *Worker) State() State {
	logs := w.logEnds()
	now := time.Now()
	state := State{DatabaseUp: w.probed.Load() && !w.health.has(probeTrouble)}
	w.mu.Lock()
	defer w.mu.Unlock()
	state.Member = w.member
	for _, p := range w.partitions {
		var log *intake.LogRange
		if known, ok := logs[p.key.Partition]; ok {
			log = &known
		}
		state.Partitions = append(state.Partitions, p.state(now, log))
	}
	slices.SortFunc(state.Partitions, func(a, b PartitionState) int { return cmp.Compare(a.Partition, b.Partition) })
	return state
}

// logEnds are the logs of the partitions as they were last seen: by a fetch, or
// by a look before there was one. Those of other partitions are absent.
func (w *Worker) logEnds() map[int32]intake.LogRange {
	w.mu.Lock()
	logs := maps.Clone(w.logs)
	w.mu.Unlock()
	for _, stats := range w.fetcher.Stats() {
		if stats.LastStable >= 0 {
			logs[stats.Partition] = intake.LogRange{
				Start: stats.LogStart, End: stats.HighWatermark, LastStable: stats.LastStable}
		}
	}
	return logs
}

// state tells how far the partition is in its log, nil when that is not known.
func (p *partition) state(now time.Time, log *intake.LogRange) PartitionState {
	queued := p.queue.oldest()
	committed, known := p.held.offsets.followed(p.key.Partition)
	p.mu.Lock()
	defer p.mu.Unlock()
	if !known {
		committed = p.committed
	}
	next := p.next
	if next < 0 { // the database knows nothing of it
		next = committed
	}
	state := PartitionState{
		Partition: p.key.Partition, Halt: p.halt, Reading: p.running,
		Position: next, Committed: committed, End: -1, Lag: -1, idle: now.Sub(p.progress),
	}
	if log == nil {
		return state
	}
	state.End = log.End
	if next < 0 {
		return state
	}
	if state.Lag = max(0, log.LastStable-next); state.Lag == 0 {
		p.caughtUp = now
		return state
	}
	state.Stalled = min(state.idle, now.Sub(p.caughtUp))
	state.Behind = max(0, now.Sub(cmp.Or(p.inHand, queued, p.caughtUp)))
	return state
}

// oldest is the timestamp of the first record; zero when there is none.
func oldest(records []*kgo.Record, fetched time.Time) time.Time {
	switch {
	case len(records) == 0:
		return time.Time{}
	case records[0].Timestamp.UnixMilli() <= 0: // it has none
		return fetched
	}
	return records[0].Timestamp
}
