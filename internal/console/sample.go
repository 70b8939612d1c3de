package console

import (
	"time"

	"deductor/internal/partitions"
)

// sample is what one look saw.
type sample struct {
	at     time.Time
	counts counters
	read   int64 // the sum of the positions
	lag    int64
	ends   map[int32]int64 // by partition: up to where it could be read
}

func newSample(at time.Time, survey *partitions.Survey, counted counters) sample {
	s := sample{at: at, counts: counted, ends: make(map[int32]int64, len(survey.Topic.Partitions))}
	for _, p := range survey.Topic.Partitions {
		position, end, ok := survey.Readable(p.ID)
		if !ok {
			continue
		}
		s.read += position
		s.lag += max(0, end-position)
		s.ends[p.ID] = end
	}
	return s
}

// age is for how long the oldest unread record of a partition waits, from when
// the log was seen to end before it. known is false when it was written before
// the first look; it is then at least that old.
func age(history []sample, partition int32, position int64, now time.Time) (waits time.Duration, known bool) {
	for i := len(history) - 1; i >= 0; i-- {
		end, seen := history[i].ends[partition]
		if !seen || end > position {
			continue
		}
		if i == len(history)-1 {
			return now.Sub(history[i].at), true
		}
		// Written between this look and the next: in proportion to what came.
		next := history[i+1]
		share := float64(position-end) / float64(max(1, next.ends[partition]-end))
		written := history[i].at.Add(time.Duration(min(1, share) * float64(next.at.Sub(history[i].at))))
		return max(0, now.Sub(written)), true
	}
	if len(history) == 0 {
		return 0, false
	}
	return now.Sub(history[0].at), false
}

// rates are how many there were a second, between two samples.
type rates struct {
	at                              time.Time
	Read, Applied, Declined, Letter float64
	Lag                             int64
	// Moved back tells that positions fell: a replay, or a database that was put
	// back. There is no rate then.
	Back bool
}

func ratesBetween(before, after sample) rates {
	r := rates{at: after.at, Lag: after.lag}
	seconds := after.at.Sub(before.at).Seconds()
	if seconds <= 0 || after.read < before.read {
		r.Back = true
		return r
	}
	// Statistics may have been reset: no rate is negative.
	per := func(n int64) float64 { return max(0, float64(n)/seconds) }
	applied := after.counts.transfers - before.counts.transfers
	r.Read = per(after.read - before.read)
	r.Applied = per(applied)
	r.Declined = per(after.counts.processed - before.counts.processed - applied)
	r.Letter = per(after.counts.letters - before.counts.letters)
	return r
}

// rateWindow is over how many seconds the rate of now is taken.
const rateWindow = 30 * time.Second

// current is the rate of the last half minute; ok is false as long as there are
// not two samples.
func current(history []sample) (now rates, ok bool) {
	last := len(history) - 1
	if last < 1 {
		return rates{}, false
	}
	first := last - 1
	for first > 0 && history[last].at.Sub(history[first-1].at) <= rateWindow {
		first--
	}
	return ratesBetween(history[first], history[last]), true
}
