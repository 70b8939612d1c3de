package settle_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"deductor/consumer/settle"
)

// run is a worker that settles a batch.
type run struct {
	worker *worker
	batch  []settle.Slice
	fate   fate
	at     point
	// severed: its connection was lost before it began.
	severed bool
	before  map[settle.Key]bool // slices that were not its own when it began
	cancel  context.CancelFunc
	done    chan struct{}

	counts  settle.Counts
	err     error
	trouble []error
}

// begin starts to settle a batch. Watch sees the transaction's messages.
func (h *history) begin(w *worker, batch []settle.Slice, f fate, at point, watch watcher) *run {
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	r := &run{worker: w, batch: batch, fate: f, at: at, severed: w.severed, before: make(map[settle.Key]bool),
		cancel: cancel, done: make(chan struct{})}
	for _, slice := range batch {
		r.before[slice.Key] = h.lost(slice)
	}
	w.last, w.watch, w.severed = batch, watch, false
	w.trouble = func(err error) {
		r.trouble = append(r.trouble, err)
		if r.fate == dies {
			cancel()
		}
	}
	if w.line != nil {
		w.line.watch.Store(&watch)
	}
	go func() {
		defer close(r.done)
		r.counts, r.err = w.settler.Settle(ctx, batch)
	}()
	h.tally.Batches++
	return r
}

// settle settles a batch by a worker, with what befalls it.
func (h *history) settle(w *worker, batch []settle.Slice, f fate, at point) {
	if len(batch) == 0 {
		return
	}
	if w.severed {
		f = settles
	}
	// Who is about to be fenced gives its locks away before it settles the rest.
	if f == stands && h.halfway == nil && !slices.ContainsFunc(batch, h.lost) {
		h.stand(w, batch, at)
		return
	}
	cut := false
	r := h.begin(w, batch, f, at, func(m message) verdict {
		if (f == cutOff || f == dies) && !cut && at.reached(m) {
			cut = true
			return cutBefore
		}
		return pass
	})
	h.await(r.done)
	h.ended(r)
	if h.halfway != nil && shareAnOrder(h.halfway.batch, batch) {
		h.say("the one that stands has an order of these")
		h.goOn(settles) // and begins again: were others to wait for it, either could be the next
	}
}

// ended compares how a run ended with what the model says.
func (h *history) ended(r *run) {
	defer r.cancel()
	w := r.worker
	var lost []settle.Loss
	var rest []settle.Slice
	for _, slice := range r.batch {
		if h.lost(slice) || r.before[slice.Key] && !r.askedTwice() {
			lost = append(lost, settle.Loss{Key: slice.Key, Epoch: slice.Epoch})
		} else {
			rest = append(rest, slice)
		}
	}
	var fenced *settle.FenceError
	switch {
	case r.fate == dies:
		h.died(r, len(lost) == 0)
		return
	case r.fate != cutOff && !r.severed && len(r.trouble) > 0:
		h.t.Fatalf("it met trouble: %v", r.trouble)
	case len(lost) == 0 && r.err != nil, len(lost) > 0 && !errors.As(r.err, &fenced):
		h.t.Fatalf("it ended with error %v; partitions that are not its own: %v", r.err, lost)
	}
	if len(lost) > 0 {
		h.fenced(r, fenced.Losses, lost, rest)
		return
	}
	if r.fate == cutOff {
		h.tally.Cuts++
		if r.at == afterCommit {
			h.model.settle(r.batch...)
		}
	}
	if want := h.model.settle(r.batch...); r.counts != want {
		h.t.Fatalf("its records became %v, want %v", r.counts, want)
	}
	w.advance(r.batch)
	h.tally.Outcomes.Add(r.counts)
	h.say("they became %v", r.counts)
}

// died notes what a worker left behind that died in a transaction.
func (h *history) died(r *run, owned bool) {
	if r.err == nil {
		h.t.Fatalf("it came through, though its connection was to be cut %v", r.at)
	}
	if owned && r.at == afterCommit {
		h.model.settle(r.batch...)
	}
	r.worker.die()
	h.tally.Deaths++
}

// fenced is a worker that learns which partitions are no longer its own, and
// settles the rest.
func (h *history) fenced(r *run, got, want []settle.Loss, rest []settle.Slice) {
	if !slices.EqualFunc(got, want, func(a, b settle.Loss) bool { return a.Key == b.Key && a.Epoch == b.Epoch }) {
		h.t.Fatalf("it lost %v, want %v", got, want)
	}
	if r.counts != (settle.Counts{}) {
		h.t.Fatalf("it was fenced, and its records became %v", r.counts)
	}
	r.worker.forget(got)
	h.tally.Fenced++
	h.say("fenced: %v", got)
	h.settle(r.worker, rest, settles, 0)
}

// askedTwice: it asked the fence again when what it had waited for was over. One
// that asks once may be fenced for what was so before it waited for an account.
func (r *run) askedTwice() bool { return r.fate == cutOff && r.at == inFirstTrip }

func (h *history) lost(slice settle.Slice) bool { return !h.model.owned(slice) }

// describe prints slices as partition@start-end.
func describe(batch []settle.Slice) string {
	names := make([]string, len(batch))
	for i, slice := range batch {
		names[i] = fmt.Sprintf("%d@%d-%d", slice.Key.Partition, slice.Start, slice.End)
	}
	return strings.Join(names, ", ")
}
