package consumer

import (
	"time"

	"deductor/consumer/settle"
)

// Observer is told what happens, for metrics. Its methods are called from many
// goroutines, which wait for them: a few times a batch, never for a single
// payment. They keep nothing of a report's batch: its memory is the next one's.
type Observer interface {
	settle.Observer
	// Waited is told, of each batch, how long its first record had been waiting
	// since it was fetched.
	Waited(d time.Duration)
	// Rewound is told that reading goes back because the database knows less than
	// was read: it was put back to an earlier state.
	Rewound(partition int32)
	// Halted is told that a partition stopped until an operator intervenes.
	Halted(partition int32, reason string)
	// Rebalanced is told that the group shared its partitions out anew.
	Rebalanced()
}

// unobserved is the Observer of those who have none.
type unobserved struct{}

func (unobserved) Committed(*settle.Report) {}
func (unobserved) Retried(string)           {}
func (unobserved) CommitUnknown()           {}
func (unobserved) Waited(time.Duration)     {}
func (unobserved) Rewound(int32)            {}
func (unobserved) Halted(int32, string)     {}
func (unobserved) Rebalanced()              {}
