package demo

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"deductor/consumer/settle"
	"deductor/internal/partitions"
)

//go:embed queries/sessions.sql
var sessionsSQL string

// decided is how many records have a recorded outcome.
func (s *stage) decided(ctx context.Context) (records int64, err error) {
	return records, s.conn.QueryRow(ctx, recordsSQL).Scan(&records)
}

// spread tells whether each partition was given to a worker, and each of so
// many workers has one.
func (s *stage) spread(ctx context.Context, workers int) (bool, error) {
	known, err := settle.Partitions(ctx, s.conn, group, topic)
	if err != nil {
		return false, err
	}
	owners := make(map[string]bool)
	for _, p := range known {
		if p.Watermark != nil {
			owners[p.Watermark.Owner] = true
		}
	}
	return len(known) == partitionCount && len(owners) == workers, nil
}

// done tells whether the database has an outcome for each record of the topic,
// and Kafka the offsets.
func (s *stage) done(ctx context.Context) (bool, error) {
	survey, err := partitions.Look(ctx, s.cluster, s.conn, group)
	if err != nil {
		return false, err
	}
	for _, p := range survey.States() {
		switch {
		case strings.HasPrefix(p.State, partitions.HaltedPrefix):
			return false, fmt.Errorf("partition %d is %s", p.Partition, p.State)
		case *p.LogEnd > 0 && (at(p.Watermark) != *p.LogEnd || at(p.CommittedOffset) != *p.LogEnd):
			return false, nil
		}
	}
	return true, nil
}

// at is 0 for no offset.
func at(offset *int64) int64 {
	if offset == nil {
		return 0
	}
	return *offset
}

// lastWords is how long a killed worker's sessions may take to end.
const lastWords = time.Second

// uncommitted is how many records a killed worker had decided of which Kafka
// did not hear: the partitions' next owner reads them again. It is not known
// when the partitions were given away meanwhile.
func (s *stage) uncommitted(ctx context.Context, worker string) (records int64, known bool, err error) {
	if gone, err := s.awaitSessionsEnd(ctx, worker); err != nil || !gone {
		return 0, false, err
	}
	before, err := s.owned(ctx, worker)
	if err != nil {
		return 0, false, err
	}
	ids := make([]int32, 0, len(before))
	for id := range before {
		ids = append(ids, id)
	}
	committed, err := s.cluster.Committed(ctx, group, ids)
	if err != nil {
		return 0, false, err
	}
	after, err := s.owned(ctx, worker)
	if err != nil || len(before) == 0 {
		return 0, false, err
	}
	for id, watermark := range before {
		if after[id] != watermark {
			return 0, false, nil
		}
		// Without a committed offset the next owner starts at the watermark.
		if offset, any := committed[id]; any {
			records += max(0, watermark.NextOffset-offset)
		}
	}
	return records, true, nil
}

func (s *stage) awaitSessionsEnd(ctx context.Context, worker string) (bool, error) {
	for deadline := time.Now().Add(lastWords); time.Now().Before(deadline); {
		var sessions int
		if err := s.conn.QueryRow(ctx, sessionsSQL, worker).Scan(&sessions); err != nil {
			return false, err
		}
		if sessions == 0 {
			return true, nil
		}
		wait(ctx, pollInterval)
	}
	return false, nil
}

// owned returns the watermarks of a worker's partitions.
func (s *stage) owned(ctx context.Context, worker string) (map[int32]settle.Watermark, error) {
	known, err := settle.Partitions(ctx, s.conn, group, topic)
	if err != nil {
		return nil, err
	}
	owned := make(map[int32]settle.Watermark)
	for _, p := range known {
		if p.Watermark != nil && p.Watermark.Owner == worker {
			owned[p.Key.Partition] = *p.Watermark
		}
	}
	return owned, nil
}
