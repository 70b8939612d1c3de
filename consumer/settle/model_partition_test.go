package settle_test

import "deductor/consumer/settle"

// modelPartition is what the database knows of a partition.
type modelPartition struct {
	next, epoch int64
	source      int32
	// to is where an operator told it to go on, by the intervention that is
	// pending; 0 when none is.
	to, intervention int64
}

// start is where a partition starts (docs/decisions/003-start-table.md), or the
// reason why it halts. Committed is nil when the group has no offset.
func (m *model) start(partition int32, committed *int64, logStart int64) (offset int64, halt string) {
	p, known := m.partitions[partition]
	switch {
	case p.intervention != 0:
		offset = p.to
	case !known && committed != nil:
		return 0, settle.HaltWatermarkMissing
	case !known:
		offset = logStart
	case committed == nil:
		offset = p.next
	default:
		offset = min(p.next, *committed)
	}
	if offset < logStart {
		return 0, settle.HaltRetentionGap
	}
	return offset, ""
}

// acquire gives a partition a new owner, and returns its epoch. Source is the
// row that it has now.
func (m *model) acquire(partition int32, start int64, source int32) int64 {
	p, known := m.partitions[partition]
	if !known {
		p.next = start
	}
	p.epoch++
	p.source = source
	m.partitions[partition] = p
	return p.epoch
}

// halt takes a partition from its owner.
func (m *model) halt(partition int32) {
	if p, known := m.partitions[partition]; known {
		p.epoch++
		m.partitions[partition] = p
	}
}

// intervene is an operator who tells a partition to go on at an offset.
func (m *model) intervene(partition int32, to int64) {
	m.interventions++
	p := m.partitions[partition]
	p.epoch++
	p.next, p.to, p.intervention = to, to, m.interventions
	m.partitions[partition] = p
}

// interventionDone notes that the group's offset followed.
func (m *model) interventionDone(id int64) {
	for partition, p := range m.partitions {
		if p.intervention == id {
			p.intervention, p.to = 0, 0
			m.partitions[partition] = p
		}
	}
}

// owned tells whether a slice is its worker's to settle.
func (m *model) owned(slice settle.Slice) bool {
	p, known := m.partitions[slice.Key.Partition]
	return known && p.epoch == slice.Epoch && p.source == slice.SourceID && p.next >= slice.Start
}

// read moves a watermark.
func (m *model) read(slice settle.Slice) {
	p := m.partitions[slice.Key.Partition]
	p.next = max(p.next, slice.End)
	m.partitions[slice.Key.Partition] = p
}
