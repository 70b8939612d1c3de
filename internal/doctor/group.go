package doctor

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"

	"deductor/consumer/intake"
	"deductor/internal/partitions"
)

func (l *look) ids() []int32 {
	ids := make([]int32, len(l.topic.Partitions))
	for i := range ids {
		ids[i] = l.topic.Partitions[i].ID
	}
	return ids
}

// lookGroup finds the members, and compares the committed offsets with the log.
func (l *look) lookGroup(ctx context.Context, r *report) {
	name := l.Group.Name
	if l.fits {
		if survey, err := partitions.Look(ctx, l.cluster, l.conn, name); err == nil {
			l.survey = survey
		}
	}
	members, err := l.cluster.Members(ctx, name)
	if err != nil {
		unanswered(ctx, r, err, "allow Describe and Read on the group to this user")
		return
	}
	l.members = max(1, len(members.Members))
	switch total := len(l.topic.Partitions); {
	case members.State == "Dead":
		r.ok("there is no group %s yet: the first worker makes it", name)
	case len(members.Members) == 0:
		r.warn("deductor run", "group %s has no members: no worker is running", name)
	case len(members.Members) > total:
		r.warn("add partitions, or stop some", "%s, and %s: some have nothing to do",
			counted(len(members.Members), "worker"), counted(total, "partition"))
	default:
		r.ok("group %s is %s, %s", name, strings.ToLower(members.State), counted(len(members.Members), "worker"))
	}
	committed, err := l.cluster.Committed(ctx, name, l.ids())
	if err != nil {
		unanswered(ctx, r, err, "allow Describe on the group to this user")
		return
	}
	logs, err := l.cluster.LogRanges(ctx, l.ids())
	if err != nil {
		unanswered(ctx, r, err, "allow Describe on the topic to this user")
		return
	}
	judgeOffsets(r, committed, logs)
}

func judgeOffsets(r *report, committed map[int32]int64, logs map[int32]intake.LogRange) {
	var below, above []string
	for id, offset := range committed {
		switch log := logs[id]; {
		case offset < log.Start:
			below = append(below, fmt.Sprintf("%d (%d of %d)", id, offset, log.Start))
		case offset > log.End:
			above = append(above, fmt.Sprintf("%d (%d of %d)", id, offset, log.End))
		}
	}
	slices.Sort(below)
	slices.Sort(above)
	if below != nil {
		r.fail("the partitions halt: find out what was lost, then deductor partition skip",
			"committed offsets are before the log's start, retention removed records that were not read: partitions %s",
			strings.Join(below, ", "))
	}
	if above != nil {
		r.fail("the partitions halt: find out what the log lost, then deductor partition skip",
			"committed offsets are behind the log's end: partitions %s", strings.Join(above, ", "))
	}
	if below == nil && above == nil && len(committed) > 0 {
		r.ok("all committed offsets are in the log")
	}
}

func (l *look) lookPartitions(_ context.Context, r *report) {
	judgePartitions(r, l.survey.States())
}

// judgePartitions looks for what halts a partition, also the next time that a
// worker takes it up: it begins at the watermark when the group is ahead.
func judgePartitions(r *report, states []partitions.State) {
	gaps := 0
	for _, s := range states {
		if reason, halted := strings.CutPrefix(s.State, partitions.HaltedPrefix); halted {
			r.fail("deductor partition list, then partition skip or adopt", "partition %d is halted: %s", s.Partition, reason)
		} else if s.Watermark != nil && s.LogStart != nil && *s.Watermark < *s.LogStart {
			gaps++
			r.fail("it halts when a worker takes it up: find out what was lost, then deductor partition skip",
				"partition %d is settled below offset %d, and retention removed what is before %d",
				s.Partition, *s.Watermark, *s.LogStart)
		}
	}
	if t := partitions.Sum(states); t.Halted+gaps == 0 {
		r.ok("%d ok, %d idle, none halted; lag %d", t.OK, t.Idle, t.Lag)
	}
}

// lookRetention judges how long records are kept, and how near the oldest that was
// not read yet is to being removed.
func (l *look) lookRetention(ctx context.Context, r *report) {
	kept, told := l.number("retention.ms")
	keeping := time.Duration(kept) * time.Millisecond
	switch {
	case !told:
		r.warn("look with kafka-configs.sh --describe", "retention.ms is not told")
	case kept < 0:
		r.ok("retention.ms -1: records are kept for ever")
	case keeping < shortRetention:
		r.warn("keep them longer than workers may stand still, such as retention.ms=604800000 (a week)",
			"retention.ms keeps records for %v: payments that are not read by then are lost", keeping)
	default:
		r.ok("records are kept for %v", keeping)
	}
	if size, told := l.number("retention.bytes"); told && size >= 0 {
		r.warn("set retention.bytes=-1, and watch the disk",
			"retention.bytes is %d: a burst may remove records that were not read yet, however young", size)
	}
	if !told || kept < 0 || l.survey == nil {
		return
	}
	late, err := l.unreadOlderThan(ctx, time.Now().Add(-keeping/2))
	switch {
	case err != nil:
		unanswered(ctx, r, err, "deductor status")
	case len(late) > 0:
		r.fail("start workers, or keep records longer now: raise retention.ms on the topic",
			"partitions %s have records that were not read and are past half of their time", strings.Join(late, ", "))
	}
}

const shortRetention = 24 * time.Hour

// unreadOlderThan returns the partitions that have records which were not read and
// are older than at.
func (l *look) unreadOlderThan(ctx context.Context, at time.Time) ([]string, error) {
	first, err := l.firstSince(ctx, at)
	if err != nil {
		return nil, err
	}
	var late []string
	for _, s := range l.survey.States() {
		if s.Lag == nil || *s.Lag == 0 {
			continue
		}
		position := *s.LogStart
		if s.CommittedOffset != nil {
			position = max(position, *s.CommittedOffset)
		}
		if s.Watermark != nil && s.CommittedOffset != nil {
			position = min(position, max(*s.LogStart, *s.Watermark))
		}
		if since, any := first[int(s.Partition)]; !any || position < since {
			late = append(late, strconv.Itoa(int(s.Partition)))
		}
	}
	return late, nil
}

// olderThan returns the partitions whose logs hold records older than at.
func (l *look) olderThan(ctx context.Context, at time.Time) ([]string, error) {
	first, err := l.firstSince(ctx, at)
	if err != nil {
		return nil, err
	}
	logs, err := l.cluster.LogRanges(ctx, l.ids())
	if err != nil {
		return nil, err
	}
	var older []string
	for _, id := range l.ids() {
		log := logs[id]
		if since, any := first[int(id)]; log.Start < log.End && (!any || since > log.Start) {
			older = append(older, strconv.Itoa(int(id)))
		}
	}
	return older, nil
}

// firstSince returns each partition's first offset whose record is at or younger;
// none for a partition without one.
func (l *look) firstSince(ctx context.Context, at time.Time) (map[int]int64, error) {
	asked := make([]kafka.OffsetRequest, len(l.topic.Partitions))
	for i, p := range l.topic.Partitions {
		asked[i] = kafka.TimeOffsetOf(int(p.ID), at)
	}
	answer, err := l.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{
		Topics: map[string][]kafka.OffsetRequest{l.topic.Name: asked},
	})
	if err != nil {
		return nil, err
	}
	first := make(map[int]int64)
	for _, p := range answer.Topics[l.topic.Name] {
		if p.Error != nil {
			return nil, fmt.Errorf("partition %d: %w", p.Partition, p.Error)
		}
		for offset := range p.Offsets {
			if offset >= 0 {
				first[p.Partition] = offset
			}
		}
	}
	return first, nil
}
