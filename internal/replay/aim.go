package replay

import (
	"context"
	"time"
)

// aim finds each partition's target, and says what is odd about it.
func (r *planning) aim(ctx context.Context) error {
	byTime, err := r.timed(ctx)
	if err != nil {
		return err
	}
	for i := range r.plan.Partitions {
		p := &r.plan.Partitions[i]
		if p.Obstacle != "" {
			r.warn("partition %d can't be replayed: %s", p.Partition, p.Obstacle)
		}
		wanted := r.wanted(p, byTime)
		p.Target = min(max(wanted, p.LogStart), p.Watermark)
		switch {
		case wanted < p.LogStart:
			r.warn("partition %d: offsets %d to %d are no longer in the log: retention has removed them, "+
				"they can't be read again", p.Partition, wanted, p.LogStart-1)
		case p.LogStart > p.Watermark:
			r.warn("partition %d: its log begins at offset %d, behind what was read (%d)", p.Partition, p.LogStart, p.Watermark)
		case p.Target == p.Watermark && p.Obstacle == "" && byTime == nil:
			r.warn("partition %d: offset %d is not below its watermark, %d: there is nothing to read again",
				p.Partition, wanted, p.Watermark)
		}
	}
	return nil
}

// wanted is what the target asks for, be it in the log or not.
func (r *planning) wanted(p *PartitionPlan, byTime map[int32]int64) int64 {
	switch r.Target.kind {
	case toOffset:
		return r.Target.offset
	case toTime, byDuration:
		return r.wantedByTime(p, byTime)
	case byShift:
		current := p.Watermark
		if p.CommittedOffset != nil {
			current = min(current, *p.CommittedOffset)
		}
		return max(0, current+r.Target.offset)
	case fromFile, toOrder:
		return r.Target.offsets[p.Partition]
	}
	return p.LogStart
}

func (r *planning) wantedByTime(p *PartitionPlan, byTime map[int32]int64) int64 {
	at := r.time().UTC().Format(time.RFC3339Nano)
	offset, found := byTime[p.Partition]
	switch {
	case !found:
		r.warn("partition %d has no record of %s or later: there is nothing to read again", p.Partition, at)
		return p.Watermark
	case offset >= p.Watermark:
		r.warn("partition %d: its first record of %s or later, at offset %d, was not read yet: "+
			"there is nothing to read again", p.Partition, at, offset)
	case offset == p.LogStart && p.LogStart > 0:
		r.warn("partition %d: its log begins at offset %d with a record of %s or later: "+
			"older ones of that time may have been removed by retention", p.Partition, p.LogStart, at)
	}
	return offset
}

// time is the moment that the target names.
func (r *planning) time() time.Time {
	if r.Target.kind == byDuration {
		return r.plan.CreatedAt.Add(-r.Target.ago)
	}
	return r.Target.at
}

// timed asks the brokers for offsets by time; nil when the target names none.
func (r *planning) timed(ctx context.Context) (map[int32]int64, error) {
	if r.Target.kind != toTime && r.Target.kind != byDuration {
		return nil, nil
	}
	if r.Target.kind == byDuration {
		r.plan.Target += ": " + r.time().UTC().Format(time.RFC3339Nano)
	}
	asking, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	ids := make([]int32, len(r.plan.Partitions))
	for i := range ids {
		ids[i] = r.plan.Partitions[i].Partition
	}
	return r.Cluster.OffsetsAt(asking, ids, r.time())
}
