package settle_test

import (
	"time"

	"deductor/consumer/settle"
)

// raiseHorizon takes all partitions from their owners, and has new commands that
// are older set aside from then on. A horizon never falls.
func (m *model) raiseHorizon(before time.Time) (raised bool) {
	if m.horizon.After(before) {
		return false
	}
	m.horizon = before
	for partition := range m.partitions {
		m.halt(partition)
	}
	return true
}

// tooOld: its order may have been answered and forgotten.
func (m *model) tooOld(item settle.Item) bool {
	occurred := item.Command.OccurredAt
	return item.Record.Timestamp.Before(m.horizon) || !occurred.IsZero() && occurred.Before(m.horizon)
}
