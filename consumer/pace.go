package consumer

import (
	"time"

	"deductor/consumer/settle"
)

// pace keeps a replay of a partition below its rate. It is guarded by the queue's
// lock.
type pace struct {
	replay  settle.Replaying
	room    float64 // records that may be taken at once
	at      time.Time
	waiting bool // somebody will be woken
}

// breath is how long a partition whose replay has used up its rate is left alone.
const breath = 100 * time.Millisecond

// limit returns how many records may be taken from the offset on, at most most.
func (p *pace) limit(offset int64, most int, now time.Time) int {
	if p.replay.Rate == 0 || offset >= p.replay.Until {
		return most
	}
	rate := float64(p.replay.Rate)
	// What was not used in a second is gone, so that a pause is not made up for.
	p.room = min(p.room+rate*now.Sub(p.at).Seconds(), max(1, rate))
	p.at = now
	return min(most, int(p.room))
}

// spend notes that records were taken.
func (p *pace) spend(records int) { p.room -= float64(records) }
