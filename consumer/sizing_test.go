package consumer

import (
	"testing"
	"time"
)

func TestSizing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		records int
		took    time.Duration
		from    int
		want    int
	}{
		"what fits":                            {4000, longest, 4000, 4000},
		"half as fast":                         {4000, 2 * longest, 4000, 3000},
		"twice as fast":                        {2000, longest / 2, 2000, 3000},
		"no more than configured":              {5000, longest / 100, 5000, 5000},
		"no fewer than are worth a batch":      {5000, time.Hour, 600, enough},
		"few records say nothing, when slow":   {enough - 1, time.Hour, 4000, 4000},
		"few records say nothing, when fast":   {enough - 1, time.Millisecond, 4000, 4000},
		"a clock that stood still is no fault": {5000, 0, 600, 5000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSizing(5000)
			s.now = test.from
			s.learn(test.records, test.took)
			if s.now != test.want {
				t.Errorf("after %d records in %s, %d in place of %d are taken, want %d",
					test.records, test.took, s.now, test.from, test.want)
			}
		})
	}
}

// What a transaction took bounds the next one.
func TestLanesTakeLessAfterALongTransaction(t *testing.T) {
	t.Parallel()
	l := newLanes(4 * enough)
	l.all = make([]*lane, 1)
	l.add(filled(0, 8*enough))
	first := l.take(t.Context())
	first.began = first.began.Add(-time.Hour)
	l.finish(first)
	second := l.take(t.Context())
	if got := len(second.portions[0].records); got >= 4*enough || got < enough {
		t.Errorf("%d records are taken after a transaction of an hour, want fewer than %d", got, 4*enough)
	}
}
