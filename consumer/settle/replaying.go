package settle

import (
	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/command"
)

// Replaying is a replay that runs on a partition; its ID is 0 when none does.
type Replaying struct {
	ID int64
	// Until is the first offset that is not part of it.
	Until int64
	// Rate is the most records a second that are read below Until; 0 is no limit.
	Rate int32
}

// place of a replay's counts: a row of replay_partition.
type counted struct {
	replayID  int64
	partition int32
}

// queueReplays asks how far the replays of the batch are counted. It comes after
// the fence, whose lock on the watermark is held by whoever counts.
func (r *reading) queueReplays(batch *pgx.Batch) {
	var ids []int64
	var partitions []int32
	for i := range r.batch {
		if s := &r.batch[i]; s.replayed() {
			ids, partitions = append(ids, s.Replay.ID), append(partitions, s.Key.Partition)
		}
	}
	if len(ids) == 0 {
		return
	}
	r.replays = make(map[counted]int64, len(ids))
	batch.Queue(findReplayProgressSQL, ids, partitions).Query(func(rows pgx.Rows) error {
		var row counted
		var next int64
		_, err := pgx.ForEachRow(rows, []any{&row.replayID, &row.partition, &next}, func() error {
			r.replays[row] = next
			return nil
		})
		return err
	})
}

// replayed tells whether records of the slice are part of a replay.
func (s *Slice) replayed() bool { return s.Replay.ID != 0 && s.Start < s.Replay.Until }

// finishReplays counts what became of the records that are part of a replay, in
// the transaction that settles them. Those that were counted before are left out.
func (r *reading) finishReplays(batch *pgx.Batch, t *transaction) {
	var ids, nexts, answered, aside, applied, declined, conflicts, others []int64
	var partitions []int32
	fresh := t.freshLetters()
	done := 0
	for i := range r.batch {
		slice := &r.batch[i]
		became := t.became[done : done+len(slice.Items)]
		done += len(slice.Items)
		row := counted{slice.Replay.ID, slice.Key.Partition}
		next, running := r.replays[row]
		if !running || slice.End <= next {
			continue
		}
		tally := slice.tally(next, became, fresh)
		ids, partitions = append(ids, row.replayID), append(partitions, row.partition)
		nexts = append(nexts, min(slice.End, slice.Replay.Until))
		answered, aside = append(answered, tally.answered), append(aside, tally.setAside)
		applied, declined = append(applied, tally.applied), append(declined, tally.declined)
		conflicts, others = append(conflicts, tally.conflicts), append(others, tally.others)
	}
	if len(ids) > 0 {
		batch.Queue(countReplaySQL, ids, partitions, nexts, answered, aside, applied, declined, conflicts, others)
	}
}

// replayTally is what records that are read again became.
type replayTally struct {
	answered, setAside, applied, declined, conflicts, others int64
}

// tally counts the records from offset next on that are part of the replay.
func (s *Slice) tally(next int64, became []Kind, fresh map[*kgo.Record]command.Reason) (n replayTally) {
	for i, kind := range became {
		record := s.Items[i].Record
		if record.Offset < next || record.Offset >= s.Replay.Until {
			continue
		}
		reason, isFresh := fresh[record]
		switch {
		case kind == Applied:
			n.applied++
		case kind == Declined:
			n.declined++
		case kind == Duplicate:
			n.answered++
		case !isFresh:
			n.setAside++
		case reason == command.ReasonOrderConflict:
			n.conflicts++
		default:
			n.others++
		}
	}
	return n
}

// freshLetters are the records that this transaction sets aside, and why.
func (t *transaction) freshLetters() map[*kgo.Record]command.Reason {
	fresh := make(map[*kgo.Record]command.Reason, len(t.deadLetters))
	for i := range t.deadLetters {
		fresh[t.deadLetters[i].record] = t.deadLetters[i].rejection.Reason
	}
	return fresh
}
