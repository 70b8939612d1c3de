package bench

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func at(milliseconds int) time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(milliseconds) * time.Millisecond)
}

func TestRecordIsCommittedWhenTheWatermarkIsPastIt(t *testing.T) {
	t.Parallel()
	w := &watcher{advances: map[int32][]advance{0: {{at(1), 1}, {at(5), 4}}, 1: {{at(3), 2}}}}
	for _, c := range []struct {
		partition int32
		offset    int64
		want      time.Time
	}{{0, 0, at(1)}, {0, 1, at(5)}, {0, 3, at(5)}, {0, 4, time.Time{}}, {1, 1, at(3)}, {2, 0, time.Time{}}} {
		if got := w.seenAt(c.partition, c.offset); !got.Equal(c.want) {
			t.Errorf("offset %d of partition %d was seen at %v, want %v", c.offset, c.partition, got, c.want)
		}
	}
	if w.committed() != 6 || !w.first().Equal(at(1)) || w.flows(2, at(3)) || !w.flows(2, at(2)) || w.flows(3, at(2)) {
		t.Errorf("%d committed, the first at %v", w.committed(), w.first())
	}
}

func TestPausesTouchTheTimeOfTheChange(t *testing.T) {
	t.Parallel()
	w := &watcher{advances: map[int32][]advance{
		0: {{at(0), 1}, {at(900), 2}, {at(1000), 3}, {at(1300), 4}, {at(1400), 5}},
		1: {{at(100), 1}, {at(1100), 2}, {at(1150), 3}},
	}}
	got := w.pauses(at(1000), at(1200))
	if got != (Pauses{Partition: 1, Overall: 0.15}) {
		t.Errorf("%+v", got)
	}
	if got := w.pauses(at(2000), at(3000)); got != (Pauses{}) {
		t.Errorf("%+v after all", got)
	}
}

func TestPercentilesLeaveOutTheWarmUp(t *testing.T) {
	t.Parallel()
	s := &steady{
		watcher: &watcher{advances: map[int32][]advance{0: {{at(900), 1}, {at(1010), 3}}}},
		pacer: &pacer{records: []paced{
			{at(0), at(1), 0, 0}, {at(1000), at(1004), 0, 1}, {at(1001), at(1020), 0, 2},
		}},
	}
	got, err := s.sample(1)
	want := LatencySample{Percentiles{0, 0.006, 0.006, 0.006}, Percentiles{0.009, 0.010, 0.010, 0.010}}
	if err != nil || got != want {
		t.Errorf("%+v, error %v", got, err)
	}
	s.pacer.records[2].offset = 3
	if _, err := s.sample(1); err == nil {
		t.Error("a record that was not committed is counted")
	}
}

func TestClockBeginsWithTheFirstAssignment(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "worker.log")
	const text = `not JSON
{"time":"2026-01-01T00:00:00.5Z","level":"INFO","msg":"group joined"}
{"time":"2026-01-01T00:00:01.25Z","level":"INFO","msg":"partition assigned","partition":0}
{"time":"2026-01-01T00:00:02Z","level":"INFO","msg":"partition assigned","partition":1}
`
	if err := os.WriteFile(log, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := assignedAt(log)
	if err != nil || !got.Equal(at(1250)) {
		t.Errorf("%v, error %v", got, err)
	}
}
