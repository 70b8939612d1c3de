package consumer

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/intake"
	"deductor/consumer/settle"
)

func TestPaceBoundsAReplayAlone(t *testing.T) {
	t.Parallel()
	start := time.Now()
	p := pace{replay: settle.Replaying{ID: 1, Until: 1000, Rate: 100}, at: start}
	for _, step := range []struct {
		offset int64
		after  time.Duration
		want   int
	}{
		{0, 0, 0},                          // nothing was saved up
		{0, 50 * time.Millisecond, 5},      // so many in that time
		{5, 60 * time.Millisecond, 1},      // and no more
		{6, 70 * time.Millisecond, 1},      // by the clock
		{7, time.Hour, 50},                 // a pause gives a second's records, here 100, and a batch has room for 50
		{57, time.Hour, 50},                // the rest of it
		{107, time.Hour, 0},                // used up
		{1000, time.Hour, 50},              // behind the replay there is no limit
		{999, time.Hour + time.Second, 50}, // whatever came meanwhile
	} {
		got := p.limit(step.offset, 50, start.Add(step.after))
		if got != step.want {
			t.Errorf("offset %d after %v: %d records, want %d", step.offset, step.after, got, step.want)
		}
		p.spend(got)
	}
}

// A queue that has used up its rate gives nothing, and says when there is more.
func TestQueueWakesWhenItsRateAllows(t *testing.T) {
	t.Parallel()
	var q queue
	woken := make(chan struct{}, 1)
	q.begin(settle.Replaying{ID: 1, Until: 5, Rate: 20}, func() { woken <- struct{}{} })
	q.add(&intake.Chunk{Start: 0, End: 2, Records: []*kgo.Record{{Offset: 0}, {Offset: 1}}})
	var got []int64
	for len(got) < 2 {
		portion, ok := q.take(10)
		if !ok {
			<-woken
			continue
		}
		for _, record := range portion.records {
			got = append(got, record.Offset)
		}
	}
	if got[0] != 0 || got[1] != 1 {
		t.Errorf("records %v were taken", got)
	}
	q.begin(settle.Replaying{ID: 1, Until: 5, Rate: 1}, func() { woken <- struct{}{} })
	q.add(&intake.Chunk{Start: 2, End: 3, Records: []*kgo.Record{{Offset: 2}}})
	if portion, ok := q.take(10); ok {
		t.Errorf("%d records were taken at once, at a rate of 1/s", len(portion.records))
	}
	<-woken
}
