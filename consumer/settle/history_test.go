package settle_test

import (
	"errors"
	"fmt"

	"deductor/consumer/settle"
)

// history is what happened so far to a few workers, partitions and a database.
type history struct {
	ground  *ground
	b       *bench
	t       tester
	model   *model
	log     []*feed  // by partition
	start   []int64  // of each log
	offsets []*int64 // the group's in Kafka
	workers []*worker
	// operators requeue and discard dead letters, in so many requeues.
	operators []*operator
	requeues  int
	late      *run     // not judged yet
	halfway   *halfway // nil when nobody stands in a transaction
	backup    string
	backed    *model
	skipped   map[string]bool // partition@offset that an operator, or retention, has left out
	tally     *tally
}

// tally is what histories were made of.
type tally struct {
	Histories, Batches, Fenced, Deaths, Cuts, Stands, Waits, Replays, Halts, Skips, Restores int
	Horizons, Requeues, Discarded, Quarantined                                               int
	Outcomes                                                                                 settle.Counts
	Requeued                                                                                 map[settle.LetterOutcome]int
}

const (
	partitions = 3
	processes  = 3
)

func newHistory(t tester, g *ground, all *tally) *history {
	b := g.b.with(t)
	b.exec("SELECT put_back($1::jsonb)", g.empty)
	h := &history{ground: g, b: b, t: t, model: newModel(g.accounts...), tally: all,
		skipped: make(map[string]bool)}
	h.backup, h.backed = g.empty, h.model.clone()
	h.start, h.offsets = make([]int64, partitions), make([]*int64, partitions)
	for partition := range int32(partitions) {
		h.log = append(h.log, &feed{key: settle.Key{Group: group, Topic: topic, Partition: partition}})
	}
	for many := range processes {
		h.workers = append(h.workers, newWorker(g, many))
	}
	for range 2 {
		h.operators = append(h.operators, newOperator(g))
	}
	all.Histories++
	if all.Requeued == nil {
		all.Requeued = make(map[settle.LetterOutcome]int)
	}
	return h
}

// end is the history's, also when it failed.
func (h *history) end() {
	if stands := h.halfway; stands != nil {
		close(stands.again)
		stands.goOn(cutBefore)
		stands.cancel()
		<-stands.done
	}
	for _, p := range h.processes() {
		p.giveBack()
	}
}

// acquire gives a partition to a worker, and tells whether it got it.
func (h *history) acquire(w *worker, partition int32) bool {
	assignment := h.log[partition].assignment(h.offsets[partition])
	assignment.LogStart = h.start[partition]
	var got settle.Position
	err := h.beside(func() (err error) {
		got, err = settle.Acquire(h.t.Context(), h.b.worker, assignment)
		return err
	})
	want, reason := h.model.start(partition, h.offsets[partition], h.start[partition])
	var halt *settle.HaltError
	switch {
	case reason != "":
		if !errors.As(err, &halt) || halt.Reason != reason {
			h.t.Fatalf("partition %d: acquired at %v, error %v; want it halted: %s", partition, got, err, reason)
		}
		h.model.halt(partition)
		delete(w.held, partition)
		h.tally.Halts++
		h.say("it is halted: %s", reason)
		return false
	case err != nil:
		h.t.Fatal(err)
	}
	before, known := h.model.partitions[partition]
	pending := before.intervention
	if !known { // it begins at the log's start, wherever that is
		h.leaveOut(partition, 0, want)
	}
	epoch := h.model.acquire(partition, want, got.SourceID)
	if got.Offset != want || got.Epoch != epoch || got.InterventionID != pending {
		h.t.Fatalf("partition %d: acquired at %+v, want offset %d, epoch %d, intervention %d",
			partition, got, want, epoch, pending)
	}
	if want < h.model.partitions[partition].next {
		h.tally.Replays++
	}
	w.held[partition] = &holding{Position: got, next: want}
	h.say("it begins at offset %d, epoch %d", got.Offset, got.Epoch)
	return true
}

// leaveOut notes records that nobody reads any more.
func (h *history) leaveOut(partition int32, start, end int64) {
	for offset := start; offset < end; offset++ {
		h.skipped[fmt.Sprintf("%d@%d", partition, offset)] = true
	}
}

// say tells what came of an action, in the log of a history that fails.
func (h *history) say(format string, args ...any) { h.t.Logf("    "+format, args...) }

// partitionsFrom are all partitions, of which one is the first.
func partitionsFrom(first int32) []int32 {
	all := make([]int32, partitions)
	for i := range all {
		all[i] = (first + int32(i)) % partitions
	}
	return all
}

// read takes up to n records of each partition that a worker holds.
func (h *history) read(w *worker, first int32, n int) []settle.Slice {
	var batch []settle.Slice
	for _, partition := range partitionsFrom(first) {
		held := w.held[partition]
		if held == nil {
			continue
		}
		if held.next < h.start[partition] { // out of range: it would have to acquire it again
			delete(w.held, partition)
			continue
		}
		reader := *h.log[partition]
		reader.Position = held.Position
		if end := min(held.next+int64(n), reader.end()); end > held.next {
			batch = append(batch, reader.slice(held.next, end))
		}
	}
	return batch
}

// busy tells whether a process stands in a transaction.
func (h *history) busy(p *process) bool { return h.halfway != nil && h.halfway.process == p }

// processes are all that have a connection.
func (h *history) processes() (all []*process) {
	for _, w := range h.workers {
		all = append(all, &w.process)
	}
	for _, o := range h.operators {
		all = append(all, &o.process)
	}
	return all
}
