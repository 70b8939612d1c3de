package settle

import (
	"errors"
	"testing"
)

func at(offset int64) *int64 { return &offset }

func TestStartOffset(t *testing.T) {
	t.Parallel()
	first, second := [16]byte{1}, [16]byte{2}
	sticky := &HaltError{Reason: HaltBeyondLogEnd, Detail: "as it was"}
	tests := []struct {
		name  string
		facts Facts
		start int64
		halt  string
	}{
		{"nothing known: the log's start", Facts{LogStart: 7, LogEnd: 20}, 7, ""},
		{"nothing known, empty log", Facts{}, 0, ""},
		{"offsets lost: the watermark", Facts{Watermark: at(12), LogEnd: 20}, 12, ""},
		{"both the same", Facts{Committed: at(12), Watermark: at(12), LogEnd: 20}, 12, ""},
		{"offsets reset: a replay", Facts{Committed: at(3), Watermark: at(12), LogEnd: 20}, 3, ""},
		{"offsets behind the database", Facts{Committed: at(11), Watermark: at(12), LogEnd: 20}, 11, ""},
		{"database put back", Facts{Committed: at(12), Watermark: at(4), LogEnd: 20}, 4, ""},
		{"at the log's end", Facts{Committed: at(20), Watermark: at(20), LogEnd: 20}, 20, ""},
		{"at the log's start", Facts{Watermark: at(7), LogStart: 7, LogEnd: 20}, 7, ""},
		{"database lost", Facts{Committed: at(12), LogEnd: 20}, 0, HaltWatermarkMissing},
		{"database lost, group at zero", Facts{Committed: at(0), LogEnd: 20}, 0, HaltWatermarkMissing},
		{"retention removed unread records", Facts{Watermark: at(12), LogStart: 13, LogEnd: 20}, 0, HaltRetentionGap},
		{"replay of what retention removed",
			Facts{Committed: at(3), Watermark: at(12), LogStart: 5, LogEnd: 20}, 0, HaltRetentionGap},
		{"log shorter than what was read", Facts{Watermark: at(21), LogEnd: 20}, 0, HaltBeyondLogEnd},
		{"topic recreated", Facts{Watermark: at(12), LogEnd: 20, TopicID: second, WatermarkTopicID: first},
			0, HaltTopicRecreated},
		{"topic recreated, group at zero",
			Facts{Committed: at(0), Watermark: at(12), LogEnd: 20, TopicID: second, WatermarkTopicID: first},
			0, HaltTopicRecreated},
		{"halted before, nothing was done",
			Facts{Committed: at(12), Watermark: at(12), LogEnd: 99, Halt: sticky}, 0, HaltBeyondLogEnd},
		{"an operator decided",
			Facts{Committed: at(3), Watermark: at(12), LogStart: 5, LogEnd: 20, Intervention: at(12), Halt: sticky}, 12, ""},
		{"an operator decided, and retention was faster",
			Facts{Watermark: at(12), LogStart: 15, LogEnd: 20, Intervention: at(12)}, 0, HaltRetentionGap},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			start, err := StartOffset(test.facts)
			var halt *HaltError
			if errors.As(err, &halt) != (test.halt != "") {
				t.Fatalf("error %v, want halt %q", err, test.halt)
			}
			if halt != nil && (halt.Reason != test.halt || halt.Detail == "") {
				t.Errorf("halted for %+v, want %q and a detail", halt, test.halt)
			}
			if start != test.start {
				t.Errorf("start %d, want %d", start, test.start)
			}
		})
	}
}
