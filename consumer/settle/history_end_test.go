package settle_test

import (
	"fmt"
	"slices"
	"strings"

	"deductor/consumer/settle"
)

// drain has everything settled that can be, by a worker that gets all
// partitions.
func (h *history) drain() {
	h.goOn(settles)
	h.say("in the end, worker 0 gets all partitions")
	h.takeAll(0)
	for partition, p := range h.model.partitions {
		if end := h.log[partition].end(); p.next != end {
			h.t.Fatalf("partition %d was read to %d, it ends at %d", partition, p.next, end)
		}
	}
	requeue{}.do(h)
}

// takeAll has a worker settle all partitions to their ends, and their offsets
// follow. Where a partition is halted, an operator steps in.
func (h *history) takeAll(worker int) {
	w := h.workers[worker]
	for _, partition := range partitionsFrom(0) {
		if h.acquire(w, partition) {
			continue
		}
		action := settle.Skip
		if _, known := h.model.partitions[partition]; !known {
			action = settle.Adopt
		}
		h.intervene(action, partition, h.start[partition])
		if !h.acquire(w, partition) {
			h.t.Fatalf("partition %d is halted after an operator moved it", partition)
		}
	}
	h.settle(w, h.read(w, 0, 1000), settles, 0)
	commitOffsets{worker}.do(h)
}

// compare compares what is stored with the model.
func (h *history) compare() {
	stored := h.b.state()
	if want := h.model.String(); stored != want {
		h.t.Fatalf("stored:\n%s\n\nwant:\n%s", stored, want)
	}
	h.wantOutcomes(stored)
}

// wantOutcomes looks for the outcome of each record, whatever the model says: an
// answer to its order, or a dead letter of its own.
func (h *history) wantOutcomes(stored string) {
	for _, f := range h.log {
		for _, item := range f.all().Items {
			at := fmt.Sprintf("%d@%d", f.key.Partition, item.Record.Offset)
			known := strings.Contains(stored, "dead letter "+at+": ") ||
				item.Rejection == nil && strings.Contains(stored, "order "+item.Command.OrderID+": ")
			if !known && !h.skipped[at] {
				h.t.Fatalf("record %s has no outcome: %s", at, item.Record.Value)
			}
		}
	}
}

// replay reads all that is in the logs again: nobody is answered otherwise.
func (h *history) replay() {
	before := h.model.answers()
	for partition := range h.offsets {
		h.offsets[partition] = &h.start[partition]
	}
	h.say("all is read again, by worker 1")
	h.takeAll(1)
	if after := h.model.answers(); len(h.skipped) == 0 && !slices.Equal(after, before) {
		h.t.Fatalf("a replay changed the answers to\n%s\n\nthey were\n%s",
			strings.Join(after, "\n"), strings.Join(before, "\n"))
	}
}
