package consumer

import (
	"context"
	"errors"
	"maps"
	"testing"
	"testing/synctest"
	"time"
)

func TestOffsetsAreGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var commits []map[int32]int64
		o := newOffsets(func(offsets map[int32]int64) error {
			commits = append(commits, offsets)
			return nil
		}, time.Second, func(map[int32]int64, error) {})
		ctx, stop := context.WithCancel(t.Context())
		go o.run(ctx)
		for offset := range int64(1000) {
			o.settled(0, offset+1)
			o.settled(1, offset+1)
			<-time.After(time.Millisecond)
		}
		stop()
		synctest.Wait()
		o.flush()
		if len(commits) > 3 {
			t.Errorf("%d commits within a second, want them gathered", len(commits))
		}
		if last := commits[len(commits)-1]; last[0] != 1000 || last[1] != 1000 {
			t.Errorf("last commit %v, want 1000 for both", last)
		}
	})
}

func TestOffsetsThatFailedAreCommittedLater(t *testing.T) {
	t.Parallel()
	broken := errors.New("coordinator not available")
	var committed map[int32]int64
	var told []error
	fail := true
	o := newOffsets(func(offsets map[int32]int64) error {
		if fail {
			return broken
		}
		committed = maps.Clone(offsets)
		return nil
	}, time.Hour, func(_ map[int32]int64, err error) { told = append(told, err) })
	o.settled(0, 5)
	o.settled(1, 7)
	o.flush()
	o.settled(0, 9) // newer than what failed
	fail = false
	o.flush()
	if want := map[int32]int64{0: 9, 1: 7}; !maps.Equal(committed, want) {
		t.Errorf("committed %v, want %v", committed, want)
	}
	if len(told) != 2 || !errors.Is(told[0], broken) || told[1] != nil {
		t.Errorf("told %v, want the failure and then the success", told)
	}
	o.flush()
	if len(told) != 2 {
		t.Error("nothing was pending, and it was committed again")
	}
}
