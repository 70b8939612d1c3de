package consumer

import (
	"time"

	"deductor/consumer/settle"
)

// taken notes that the portion is being settled.
func (p *partition) taken(portion *portion) {
	p.mu.Lock()
	p.inHand = oldest(portion.records, portion.fetched)
	p.mu.Unlock()
}

// settled notes that all below the offset is committed in the database.
func (p *partition) settled(offset int64) {
	p.mu.Lock()
	replay := p.position.Replay
	ended := replay.ID != 0 && p.next < replay.Until && offset >= replay.Until
	p.next, p.progress, p.inHand = offset, time.Now(), time.Time{}
	p.mu.Unlock()
	if ended {
		p.worker.config.Logger.Info("replay finished", "topic", p.key.Topic, "partition", p.key.Partition,
			"replay", replay.ID, "offset", replay.Until)
	}
	p.held.offsets.settled(p.key.Partition, offset)
}

// noteCommitted keeps what the group had committed, nil for nothing.
func (p *partition) noteCommitted(offset *int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.committed = -1
	if offset != nil {
		p.committed = *offset
	}
}

// noteStart looks whether reading goes back although nobody asked for it: the
// group's offset is committed after the database, which knew as much before.
func (p *partition) noteStart(facts settle.Assignment, position settle.Position) {
	asked := position.InterventionID != 0 || position.Replay.ID != 0
	if facts.Committed != nil && position.Offset < *facts.Committed && !asked {
		p.rewinds(*facts.Committed, position.Offset)
	}
	p.mu.Lock()
	p.rewound = false
	p.mu.Unlock()
}

// rewinds tells, once until the partition is read again, that the database was
// put back.
func (p *partition) rewinds(from, to int64) {
	p.mu.Lock()
	told := p.rewound
	p.rewound = true
	p.mu.Unlock()
	if told {
		return
	}
	p.worker.config.Observer.Rewound(p.key.Partition)
	p.worker.config.Logger.Warn("the database was put back, reading goes back", "topic", p.key.Topic,
		"partition", p.key.Partition, "from", from, "to", to)
}

// halted notes that the partition waits for an operator, and says so once.
func (p *partition) halted(halt *settle.HaltError) {
	p.mu.Lock()
	again := p.halt != nil && *p.halt == *halt
	p.halt = halt
	p.mu.Unlock()
	if again {
		return
	}
	p.worker.config.Observer.Halted(p.key.Partition, halt.Reason)
	p.worker.config.Logger.Error("partition halted", "topic", p.key.Topic, "partition", p.key.Partition,
		"reason", halt.Reason, "detail", halt.Detail)
}
