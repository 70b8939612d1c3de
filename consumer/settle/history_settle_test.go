package settle_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"deductor/consumer/settle"
)

// settleRun is that of a worker that settles a batch.
type settleRun struct {
	*run
	worker *worker
	before map[settle.Key]bool // slices that were not its own when it began
	counts settle.Counts
}

// settle settles a batch by a worker, with what befalls it.
func (h *history) settle(w *worker, batch []settle.Slice, f fate, at point) {
	if len(batch) == 0 {
		return
	}
	s := &settleRun{worker: w, before: make(map[settle.Key]bool)}
	s.run = &run{process: &w.process, batch: batch, fate: f, at: at,
		work: func(ctx context.Context) (err error) {
			s.counts, err = w.settler.Settle(ctx, batch)
			return err
		},
		apply: func(m *model) { m.settle(batch...) },
		judge: func() { h.settled(s) },
	}
	h.giveWay(s.run)
	for _, slice := range batch {
		s.before[slice.Key] = h.lost(slice)
	}
	// Who is about to be fenced gives its locks away before it settles the rest.
	if f == stands && slices.ContainsFunc(batch, h.lost) {
		s.fate = settles
	}
	w.last = batch
	h.tally.Batches++
	h.perform(s.run)
}

// settled compares how a worker's batch ended with what the model says.
func (h *history) settled(s *settleRun) {
	w := s.worker
	var lost []settle.Loss
	var rest []settle.Slice
	for _, slice := range s.batch {
		if h.lost(slice) || s.before[slice.Key] && !s.askedTwice() {
			lost = append(lost, settle.Loss{Key: slice.Key, Epoch: slice.Epoch})
		} else {
			rest = append(rest, slice)
		}
	}
	var fenced *settle.FenceError
	switch {
	case s.fate == dies:
		h.died(s.run, len(lost) == 0 && s.at == afterCommit)
		h.number()
		w.begin()
		return
	case len(lost) == 0 && s.err != nil, len(lost) > 0 && !errors.As(s.err, &fenced):
		h.t.Fatalf("it ended with error %v; partitions that are not its own: %v", s.err, lost)
	case len(lost) > 0:
		h.fenced(s, fenced.Losses, lost, rest)
		return
	}
	if s.fate == cutOff && s.at == afterCommit {
		s.apply(h.model)
	}
	if want := h.model.settle(s.batch...); s.counts != want {
		h.t.Fatalf("its records became %v, want %v", s.counts, want)
	}
	h.number()
	w.advance(s.batch)
	h.tally.Outcomes.Add(s.counts)
	h.say("they became %v", s.counts)
}

// fenced is a worker that learns which partitions are no longer its own, and
// settles the rest.
func (h *history) fenced(s *settleRun, got, want []settle.Loss, rest []settle.Slice) {
	if !slices.EqualFunc(got, want, func(a, b settle.Loss) bool { return a.Key == b.Key && a.Epoch == b.Epoch }) {
		h.t.Fatalf("it lost %v, want %v", got, want)
	}
	if s.counts != (settle.Counts{}) {
		h.t.Fatalf("it was fenced, and its records became %v", s.counts)
	}
	s.worker.forget(got)
	h.tally.Fenced++
	h.say("fenced: %v", got)
	h.settle(s.worker, rest, settles, 0)
}

// askedTwice: it asked the fence again when what it had waited for was over. One
// that asks once may be fenced for what was so before it waited for an account.
func (s *settleRun) askedTwice() bool { return s.fate == cutOff && s.at == inFirstTrip }

func (h *history) lost(slice settle.Slice) bool { return !h.model.owned(slice) }

// describe prints slices as partition@start-end.
func describe(batch []settle.Slice) string {
	names := make([]string, len(batch))
	for i, slice := range batch {
		names[i] = fmt.Sprintf("%d@%d-%d", slice.Key.Partition, slice.Start, slice.End)
	}
	return strings.Join(names, ", ")
}
