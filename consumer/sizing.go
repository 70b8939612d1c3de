package consumer

import "time"

// sizing is how many records a transaction is given, at most: as many as are settled
// in the time that one is to take. What a transaction has changed waits for its end,
// and so do the transactions that come after it on the same accounts; dead versions
// of balances stay in their pages as long as any older one runs.
type sizing struct {
	most int // records, by the configuration
	now  int // records
}

// longest is how long a transaction is to take. It is exceeded when many workers,
// or a slow server, make even few records take longer.
const longest = 300 * time.Millisecond

func newSizing(most int) sizing { return sizing{most: most, now: most} }

// learn takes up how long so many records took. Few records say nothing: what a
// transaction of them costs, they do not change.
func (s *sizing) learn(records int, took time.Duration) {
	if records < enough {
		return
	}
	fit := int(float64(records) * float64(longest) / float64(max(took, time.Millisecond)))
	s.now = min(s.most, max(enough, (s.now+fit)/2))
}
