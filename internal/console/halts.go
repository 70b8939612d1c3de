package console

import (
	"fmt"
	"time"

	"deductor/consumer/settle"
)

// halt is a halted partition, and what to do about it.
type halt struct {
	Partition      int32
	Reason, Detail string
	Since          time.Time
	// Command is the next one to type; it only says what it would do.
	Command string
	// Advice says what to find out first.
	Advice string
}

func newHalt(partition int32, stored settle.Partition) *halt {
	if stored.Halt == nil {
		return nil
	}
	h := &halt{
		Partition: partition, Reason: stored.Halt.Reason, Detail: stored.Halt.Detail, Since: stored.HaltedSince,
	}
	skip := fmt.Sprintf("deductor partition skip --partition %d", partition)
	switch h.Reason {
	case settle.HaltRetentionGap:
		h.Command = skip + " --reason '…'"
		h.Advice = "Records are gone that were never read. Find out which payments they were; " +
			"the command goes on at the log's start."
	case settle.HaltWatermarkMissing:
		h.Command = fmt.Sprintf("deductor partition adopt --partition %d --reason '…'", partition)
		h.Advice = "Is it the right database? If it is a new one for an old group, adopt the group's position."
	case settle.HaltTopicRecreated:
		h.Command = fmt.Sprintf("deductor partition adopt --partition %d --reason '…'", partition)
		h.Advice = "Who deleted the topic, and was all of it read? The command takes up the new one from its start."
	case settle.HaltBeyondLogEnd:
		h.Command = skip + " --to-offset OFFSET --reason '…'"
		h.Advice = "The log lost records that were paid. Find out which; the detail names the offset to go on at."
	default:
		h.Command = skip + " --to-offset OFFSET --reason '…'"
		h.Advice = "Find out what stood at the offsets that the detail names, then go on behind them."
	}
	return h
}
