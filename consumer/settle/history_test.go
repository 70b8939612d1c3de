package settle_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

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
	halfway *halfway // nil when nobody stands in a transaction
	backup  string
	backed  *model
	skipped map[string]bool // partition@offset that an operator, or retention, has left out
	tally   *tally
}

// tally is what histories were made of.
type tally struct {
	Histories, Batches, Fenced, Deaths, Cuts, Stands, Waits, Replays, Halts, Skips, Restores int
	Outcomes                                                                                 settle.Counts
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
	for range processes {
		h.workers = append(h.workers, newWorker(g))
	}
	all.Histories++
	return h
}

// end is the history's, also when it failed.
func (h *history) end() {
	if stands := h.halfway; stands != nil {
		stands.goOn(cutBefore)
		stands.cancel()
		<-stands.done
	}
	h.ground.giveBack(h.workers)
}

// halfway is a worker that stands in the middle of a transaction, with its
// locks.
type halfway struct {
	*run
	stands, goes chan struct{}
	how          verdict // what becomes of the connection when it goes on
	pid          uint32
}

func (s *halfway) goOn(how verdict) {
	s.how = how
	close(s.goes)
}

// run is a worker that settles a batch.
type run struct {
	worker *worker
	batch  []settle.Slice
	fate   fate
	at     point
	// severed: its connection was lost before it began.
	severed bool
	cancel  context.CancelFunc
	done    chan struct{}

	counts  settle.Counts
	err     error
	trouble []error
}

// begin starts to settle a batch. Watch sees the transaction's messages.
func (h *history) begin(w *worker, batch []settle.Slice, f fate, at point, watch watcher) *run {
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	r := &run{worker: w, batch: batch, fate: f, at: at, severed: w.severed, cancel: cancel, done: make(chan struct{})}
	w.last, w.watch, w.severed = batch, watch, false
	w.trouble = func(err error) {
		r.trouble = append(r.trouble, err)
		if r.fate == dies {
			cancel()
		}
	}
	if w.line != nil {
		w.line.watch = watch
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

// stand settles until a point, and goes on later.
func (h *history) stand(w *worker, batch []settle.Slice, at point) {
	s := &halfway{stands: make(chan struct{}), goes: make(chan struct{})}
	at = min(at, beforeCommit) // later, others would go on without it
	stood, gone := false, false
	s.run = h.begin(w, batch, settles, at, func(m message) verdict {
		switch {
		case gone || !at.reached(m):
			return pass
		case !stood && !m.fromServer:
			stood = true
			return askAgain // the server has what came before
		}
		gone = true
		close(s.stands)
		<-s.goes
		return s.how
	})
	select {
	case <-s.done:
		h.ended(s.run)
	case <-s.stands:
		s.pid = w.line.conn.PgConn().PID()
		h.halfway = s
		h.tally.Stands++
		h.say("it stands %v", at)
	}
}

// goOn lets the worker go on that stands in a transaction.
func (h *history) goOn(f fate) {
	s := h.halfway
	if s == nil {
		return
	}
	h.halfway = nil
	how := pass
	if s.fate = f; f != settles {
		how = cutBefore
	}
	s.goOn(how)
	<-s.done
	h.ended(s.run)
}

// await waits for what was begun beside a worker that stands in a transaction.
// If it waits for that worker's locks, that worker goes on first.
func (h *history) await(done <-chan struct{}) {
	if h.halfway == nil {
		<-done
		return
	}
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-done:
			return
		case <-look.C:
		}
		if h.b.row("SELECT count(*) FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))",
			int32(h.halfway.pid)) != "0" {
			h.tally.Waits++
			h.say("it waits for the one that stands")
			h.goOn(settles)
			<-done
			return
		}
	}
}

// beside does something to the database, beside a worker that may stand in a
// transaction.
func (h *history) beside(do func() error) (err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = do()
	}()
	h.await(done)
	return err
}

// ended compares how a run ended with what the model says.
func (h *history) ended(r *run) {
	defer r.cancel()
	w := r.worker
	var lost []settle.Loss
	var rest []settle.Slice
	for _, slice := range r.batch {
		if h.lost(slice) {
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

func (h *history) lost(slice settle.Slice) bool { return !h.model.owned(slice) }

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

// busy tells whether a worker stands in a transaction.
func (h *history) busy(w *worker) bool { return h.halfway != nil && h.halfway.worker == w }

func shareAnOrder(a, b []settle.Slice) bool {
	orders := make(map[string]bool)
	for _, slice := range a {
		for _, item := range slice.Items {
			orders[item.Command.OrderID] = item.Rejection == nil
		}
	}
	return slices.ContainsFunc(b, func(slice settle.Slice) bool {
		return slices.ContainsFunc(slice.Items, func(item settle.Item) bool { return orders[item.Command.OrderID] })
	})
}

// describe prints slices as partition@start-end.
func describe(batch []settle.Slice) string {
	names := make([]string, len(batch))
	for i, slice := range batch {
		names[i] = fmt.Sprintf("%d@%d-%d", slice.Key.Partition, slice.Start, slice.End)
	}
	return strings.Join(names, ", ")
}
