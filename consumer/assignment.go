package consumer

import (
	"context"
	"slices"
	"sync"
	"time"

	"deductor/consumer/settle"
)

// held is an [assignment]: the partitions of one generation of the group.
type held struct {
	worker  *Worker
	offsets *offsets
	stop    context.CancelFunc
	running sync.WaitGroup
	commits sync.WaitGroup

	// interventions are those whose offset the group has yet to follow, by
	// partition.
	mu            sync.Mutex
	interventions map[int32]intervention
}

type intervention struct {
	id, to int64
}

// joined notes whether this worker is a member of the group ([assignee]).
func (w *Worker) joined(err error) {
	w.health.set("kafka group", err)
	if err == nil {
		w.mu.Lock()
		w.member = true
		w.mu.Unlock()
	}
}

// assigned takes partitions up ([assignee]).
func (w *Worker) assigned(partitions []int32, commit commitFunc) assignment {
	ctx, stop := context.WithCancel(context.Background())
	h := &held{worker: w, stop: stop, interventions: make(map[int32]intervention)}
	h.offsets = newOffsets(commit, w.config.CommitInterval, h.committed)
	h.committed(nil, nil)
	w.config.Observer.Rebalanced()
	w.config.Logger.Info("group joined", "group", w.config.Group, "partitions", partitions)
	h.commits.Go(func() { h.offsets.run(ctx) })
	h.running.Go(func() {
		// One look for all is quick; where it fails, each partition looks for
		// itself, so that one without a leader does not keep the others.
		facts, _ := w.look(ctx, partitions)
		for _, id := range partitions {
			var first *settle.Assignment
			if known, ok := facts[id]; ok {
				first = &known
			}
			p := w.place(settle.Key{Group: w.config.Group, Topic: w.config.Topic, Partition: id}, h)
			h.running.Go(func() {
				defer w.displace(p)
				p.run(ctx, first)
			})
		}
	})
	return h
}

// revoked drains the partitions and commits what they came to ([assignment]).
func (h *held) revoked() {
	h.stop()
	h.running.Wait()
	h.commits.Wait()
	h.offsets.flush()
	h.mu.Lock()
	defer h.mu.Unlock()
	for partition := range h.interventions { // the next owner ends them
		h.worker.health.forget(troubleOf("database", partition))
	}
}

// place notes a partition as this worker's.
func (w *Worker) place(key settle.Key, h *held) *partition {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	p := &partition{
		key: key, worker: w, held: h, stopped: make(chan error, 1),
		next: -1, committed: -1, progress: now, caughtUp: now,
	}
	w.partitions = append(w.partitions, p)
	return p
}

// displace forgets a partition.
func (w *Worker) displace(gone *partition) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.partitions = slices.DeleteFunc(w.partitions, func(p *partition) bool { return p == gone })
}

// begin has the start of a partition committed, and notes which intervention
// set it.
func (h *held) begin(partition int32, position settle.Position) {
	if position.InterventionID != 0 {
		h.mu.Lock()
		h.interventions[partition] = intervention{position.InterventionID, position.Offset}
		h.mu.Unlock()
	}
	h.offsets.settled(partition, position.Offset)
}

// committed is told what became of a commit of offsets. An intervention whose
// offset the group has followed is over.
func (h *held) committed(offsets map[int32]int64, err error) {
	if generationOver(err) {
		err = nil // the next owner commits
		offsets = nil
	}
	h.worker.health.set("kafka offset commit", err)
	if err != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for partition, offset := range offsets {
		followed, pending := h.interventions[partition]
		if !pending || offset < followed.to {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), lookTimeout)
		err := settle.InterventionDone(ctx, h.worker.config.Database, followed.id)
		cancel()
		h.worker.health.set(troubleOf("database", partition), err)
		if err == nil {
			delete(h.interventions, partition)
		}
	}
}
