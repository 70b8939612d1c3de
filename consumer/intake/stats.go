package intake

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// PartitionStats is the state of one assigned partition.
type PartitionStats struct {
	Partition     int32
	Leader        int32 // node id; -1 while there is none
	Position      int64 // the next offset to fetch
	HighWatermark int64 // the log's end, as the last fetch saw it; -1 before the first
	LastStable    int64 // nothing from here on can be read yet; -1 before the first fetch
	LogStart      int64 // -1 before the first fetch
	BufferedBytes int   // what counts for its chunks that were delivered and not released

	// LastFetch is when the leader last answered; zero if it has not.
	LastFetch time.Time

	// LastProgress is when the position last moved or was found to be at LastStable; at first, when the
	// partition was assigned. A partition with lag whose LastProgress is long ago is stuck, or its
	// records are not being released.
	LastProgress time.Time

	// Trouble says why the partition is not being read just now. A Halt among them is final.
	Trouble error
}

// Lag is how many offsets can be read and have not been fetched.
func (s PartitionStats) Lag() int64 { return max(0, s.LastStable-s.Position) }

// Stats returns the state of the assigned partitions, in order of their ids.
func (f *Fetcher) Stats() []PartitionStats {
	f.mu.Lock()
	defer f.mu.Unlock()
	stats := make([]PartitionStats, 0, len(f.assigned))
	for _, p := range f.assigned {
		stats = append(stats, PartitionStats{
			Partition: p.id, Leader: p.leader, Position: p.offset,
			HighWatermark: p.highWatermark, LastStable: p.lastStable, LogStart: p.logStart,
			BufferedBytes: p.buffered, LastFetch: p.lastFetch, LastProgress: p.lastProgress, Trouble: p.trouble,
		})
	}
	slices.SortFunc(stats, func(a, b PartitionStats) int { return cmp.Compare(a.Partition, b.Partition) })
	return stats
}

// Healthy returns nil when the brokers answer and every assigned partition is being read, and else what
// is wrong, also if it will pass. A partition that failed is its receiver's to report, not Healthy's.
func (f *Fetcher) Healthy() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	wrong := []error{f.missing}
	leading := make(map[int32]bool)
	for _, p := range f.assigned {
		if p.dead {
			continue
		}
		leading[p.leader] = true
		if p.trouble != nil {
			wrong = append(wrong, fmt.Errorf("partition %d: %w", p.id, p.trouble))
		}
	}
	for node, l := range f.leaders {
		if leading[node] && l.trouble != nil {
			wrong = append(wrong, l.trouble)
		}
	}
	return errors.Join(wrong...)
}
