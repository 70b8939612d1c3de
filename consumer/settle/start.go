package settle

import "fmt"

// Facts are what decides where a partition starts.
type Facts struct {
	// Committed is the group's committed offset in Kafka; nil when there is none.
	Committed *int64
	// Watermark is the stored next offset; nil when there is none.
	Watermark *int64
	// TopicID is the topic's id in Kafka, WatermarkTopicID that under which the
	// watermark was written.
	TopicID, WatermarkTopicID [16]byte
	// LogStart and LogEnd are the first offset of the log and the next one to
	// be written.
	LogStart, LogEnd int64
	// Intervention is where an operator told the partition to go on; nil when
	// nothing is pending.
	Intervention *int64
	// ReplayID is that of the replay that runs on the partition; 0 without.
	ReplayID int64
	// Halt is what the partition halted for before, if only an operator can
	// judge it; nil otherwise.
	Halt *HaltError
}

// Halt reasons, stable codes. What intake reports has codes of its own.
const (
	// HaltWatermarkMissing: the group has a position, the database knows nothing.
	HaltWatermarkMissing = "watermark_missing"
	// HaltRetentionGap: records were removed from the log before they were read.
	HaltRetentionGap = "retention_gap"
	// HaltBeyondLogEnd: the log ends before what was already read.
	HaltBeyondLogEnd = "beyond_log_end"
	// HaltTopicRecreated: the topic was deleted and created again.
	HaltTopicRecreated = "topic_recreated"
)

// HaltError says why a partition can't go on without an operator.
type HaltError struct {
	// Reason is a stable code.
	Reason string
	// Detail says what was found and what to do, with the offsets.
	Detail string
}

// Error gives the code and the detail.
func (e *HaltError) Error() string { return e.Reason + ": " + e.Detail }

// healing are the reasons that are judged anew at each look, because they are
// seen from the state of the log and the database alone. All others stay until
// an operator intervenes: a log that was too short may grow past the gap.
var healing = map[string]bool{
	HaltWatermarkMissing: true,
	HaltRetentionGap:     true,
	HaltTopicRecreated:   true,
}

// StartOffset says where to read on, or returns a [*HaltError]. The lower one
// of committed offset and watermark counts: a committed offset that was reset
// is a replay, a watermark that is behind is a database that was put back.
func StartOffset(f Facts) (int64, error) {
	start, err := wantedStart(f)
	if err != nil {
		return 0, err
	}
	switch {
	case start < f.LogStart && f.ReplayID != 0:
		return 0, &HaltError{HaltRetentionGap, fmt.Sprintf(
			"offsets %d to %d were removed from the log before replay %d read them again: what had an outcome has it "+
				"still; partition skip --to-offset %d goes on with what the log holds, and ends the replay",
			start, f.LogStart-1, f.ReplayID, f.LogStart)}
	case start < f.LogStart:
		return 0, &HaltError{HaltRetentionGap, fmt.Sprintf(
			"offsets %d to %d were removed from the log before they were processed: "+
				"put them back from where they were kept, or partition skip --to-offset %d",
			start, f.LogStart-1, f.LogStart)}
	case start > f.LogEnd:
		return 0, &HaltError{HaltBeyondLogEnd, fmt.Sprintf(
			"the log ends at offset %d, but offsets up to %d were processed: it lost records, "+
				"and others may take their offsets; find out which, then partition skip --to-offset %d",
			f.LogEnd, start-1, f.LogEnd)}
	}
	return start, nil
}

func wantedStart(f Facts) (int64, error) {
	switch {
	case f.Intervention != nil:
		return *f.Intervention, nil
	case f.Halt != nil:
		return 0, f.Halt
	case f.Watermark == nil && f.Committed == nil:
		return f.LogStart, nil
	case f.Watermark == nil:
		return 0, &HaltError{HaltWatermarkMissing, fmt.Sprintf(
			"the group committed offset %d, but the database has no record of this partition: "+
				"is it the right database? restore it, or partition adopt", *f.Committed)}
	case f.WatermarkTopicID != f.TopicID:
		return 0, &HaltError{HaltTopicRecreated, fmt.Sprintf(
			"the topic was deleted and created again: its id is %x, offsets below %d were processed of %x; "+
				"partition adopt takes up the new one", f.TopicID, *f.Watermark, f.WatermarkTopicID)}
	case f.Committed == nil:
		return *f.Watermark, nil
	default:
		return min(*f.Committed, *f.Watermark), nil
	}
}
