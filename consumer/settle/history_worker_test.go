package settle_test

import "deductor/consumer/settle"

// worker is a process that reads partitions and settles them. It may go on with
// partitions that others have taken over.
type worker struct {
	process
	held map[int32]*holding
	last []settle.Slice // what it settled last
}

// holding is a partition as a worker believes to have it.
type holding struct {
	settle.Position
	next int64 // where it reads on
}

// newWorker begins one that expects something of batches of so many records; with 0
// of none that a history has.
func newWorker(g *ground, many int) *worker {
	w := &worker{process: process{lines: g.workers, many: many, known: g.known}}
	w.begin()
	return w
}

// begin is a worker that starts.
func (w *worker) begin() {
	w.held, w.last = make(map[int32]*holding), nil
	w.start()
}

// forget drops partitions that the database says are another's.
func (w *worker) forget(lost []settle.Loss) {
	for _, loss := range lost {
		if held := w.held[loss.Key.Partition]; held != nil && held.Epoch == loss.Epoch {
			delete(w.held, loss.Key.Partition)
		}
	}
}

// advance moves on past what was settled.
func (w *worker) advance(batch []settle.Slice) {
	for _, slice := range batch {
		if held := w.held[slice.Key.Partition]; held != nil && held.Epoch == slice.Epoch {
			held.next = max(held.next, slice.End)
		}
	}
}

// quarantine has all workers run with quarantine on.
type quarantine struct{}

func (quarantine) GoString() string { return "workers run with quarantine" }

func (quarantine) do(h *history) {
	h.model.quarantine, h.backed.quarantine = true, true
	for _, w := range h.workers {
		w.quarantine = true
		w.begin()
	}
}
