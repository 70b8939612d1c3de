package settle

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Loss is a slice whose watermark did not move.
type Loss struct {
	Key Key
	// Missing means that the database has no watermark of the partition.
	Missing bool
	// Epoch is the slice's, StoredEpoch the watermark's: a higher one is that of
	// a newer owner.
	Epoch, StoredEpoch int64
	// Start is where the slice began, NextOffset the watermark. A lower one
	// means that the database was put back to an earlier state.
	Start, NextOffset int64
}

// String says what was found, for a log.
func (l Loss) String() string {
	name := fmt.Sprintf("%s[%d] of group %s", l.Key.Topic, l.Key.Partition, l.Key.Group)
	switch {
	case l.Missing:
		return name + ": the database has no watermark"
	case l.StoredEpoch != l.Epoch:
		return fmt.Sprintf("%s: assigned anew under epoch %d, this worker's is %d", name, l.StoredEpoch, l.Epoch)
	case l.NextOffset >= l.Start:
		return name + ": its watermark was another one than was acquired: the database was put back"
	default:
		return fmt.Sprintf("%s: the database knows offsets below %d only, %d was read: it was put back",
			name, l.NextOffset, l.Start)
	}
}

// PutBack tells whether the database was put back to an earlier state, rather
// than the partition given to another worker.
func (l Loss) PutBack() bool {
	return !l.Missing && (l.StoredEpoch < l.Epoch || l.StoredEpoch == l.Epoch && l.NextOffset < l.Start)
}

// FenceError says that slices of the batch are no longer this worker's to
// commit. Nothing was committed. Drop them, let their partitions be acquired
// again if they are still assigned, and run the rest.
type FenceError struct {
	Losses []Loss
}

// Error lists the partitions.
func (e *FenceError) Error() string {
	lines := make([]string, len(e.Losses))
	for i, loss := range e.Losses {
		lines[i] = loss.String()
	}
	return "fenced: " + strings.Join(lines, "; ")
}

func (r *reading) queueFence(batch *pgx.Batch) {
	n := len(r.batch)
	groups, topics, partitions := make([]string, n), make([]string, n), make([]int32, n)
	epochs, starts, ends := make([]int64, n), make([]int64, n), make([]int64, n)
	leaders, sources := make([]int32, n), make([]int32, n)
	for i := range r.batch {
		s := &r.batch[i]
		groups[i], topics[i], partitions[i] = s.Key.Group, s.Key.Topic, s.Key.Partition
		epochs[i], starts[i], ends[i] = s.Epoch, s.Start, s.End
		leaders[i], sources[i] = s.LeaderEpoch, s.SourceID
	}
	batch.Queue(fenceSQL, groups, topics, partitions, epochs, starts, ends, leaders, sources).
		Query(func(rows pgx.Rows) error {
			var key Key
			_, err := pgx.ForEachRow(rows, []any{&key.Group, &key.Topic, &key.Partition}, func() error {
				r.fenced[key] = true
				return nil
			})
			return err
		})
}

// checkFence returns a [*FenceError] unless all watermarks moved.
func (r *reading) checkFence(ctx context.Context, conn *pgx.Conn) error {
	losses := make(map[Key]*Loss)
	var groups, topics []string
	var partitions []int32
	for i := range r.batch {
		slice := &r.batch[i]
		if r.fenced[slice.Key] {
			continue
		}
		losses[slice.Key] = &Loss{Key: slice.Key, Epoch: slice.Epoch, Start: slice.Start, Missing: true}
		groups, topics = append(groups, slice.Key.Group), append(topics, slice.Key.Topic)
		partitions = append(partitions, slice.Key.Partition)
	}
	if len(losses) == 0 {
		return nil
	}
	rows, err := conn.Query(ctx, getWatermarksSQL, groups, topics, partitions)
	if err != nil {
		return fmt.Errorf("read watermarks behind the fence: %w", err)
	}
	var key Key
	var epoch, next int64
	targets := []any{&key.Group, &key.Topic, &key.Partition, &epoch, &next}
	if _, err := pgx.ForEachRow(rows, targets, func() error {
		loss := losses[key]
		loss.Missing, loss.StoredEpoch, loss.NextOffset = false, epoch, next
		return nil
	}); err != nil {
		return fmt.Errorf("read watermarks behind the fence: %w", err)
	}
	fenced := &FenceError{}
	for i := range r.batch {
		if loss := losses[r.batch[i].Key]; loss != nil {
			fenced.Losses = append(fenced.Losses, *loss)
		}
	}
	return fenced
}
