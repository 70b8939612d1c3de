package settle_test

import (
	"context"

	"deductor/consumer/settle"
)

// run is a transaction of a process: begun, and done when it is committed.
type run struct {
	process *process
	batch   []settle.Slice  // the records that it decides on
	letters map[string]bool // that it requeues, by partition@offset
	fate    fate
	at      point
	// work does it.
	work func(context.Context) error
	// apply is what it does to the database, in the model.
	apply func(*model)
	// judge compares how it ended with the model, which it then follows.
	judge func()

	severed bool // its connection was lost before it began
	cancel  context.CancelFunc
	done    chan struct{}
	err     error
	trouble []error
}

// begin starts it. Watch sees its messages.
func (h *history) begin(r *run, watch watcher) {
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	p := r.process
	r.severed, r.cancel, r.done = p.severed, cancel, make(chan struct{})
	p.watch, p.severed = watch, false
	p.trouble = func(err error) {
		r.trouble = append(r.trouble, err)
		if r.fate == dies {
			cancel()
		}
	}
	if p.line != nil {
		p.line.watch.Store(&watch)
	}
	go func() {
		defer close(r.done)
		r.err = r.work(ctx)
	}()
}

// perform has a transaction happen, with what befalls it.
func (h *history) perform(r *run) {
	h.judgeLate()
	if r.process.severed {
		r.fate = settles
	}
	if r.fate == stands && h.halfway == nil {
		h.stand(r)
		return
	}
	cut := false
	h.begin(r, func(m message) verdict {
		if (r.fate == cutOff || r.fate == dies) && !cut && r.at.reached(m) {
			cut = true
			return cutBefore
		}
		return pass
	})
	h.await(r.done)
	h.ended(r)
	if h.halfway != nil && shareAnOrder(h.halfway.batch, r.batch) {
		h.say("the one that stands has an order of these")
		h.goOn(settles) // and begins again: were others to wait for it, either could be the next
	}
}

func (h *history) ended(r *run) {
	defer r.cancel()
	if r.fate != cutOff && r.fate != dies && !r.severed && len(r.trouble) > 0 {
		h.t.Fatalf("it met trouble: %v", r.trouble)
	}
	if r.fate == cutOff {
		h.tally.Cuts++
	}
	r.judge()
}

// died notes what a process left behind that died in a transaction. Committed
// tells whether COMMIT was executed.
func (h *history) died(r *run, committed bool) {
	if r.err == nil {
		h.t.Fatalf("it came through, though its connection was to be cut %v", r.at)
	}
	if committed {
		r.apply(h.model)
	}
	r.process.settler.Close()
	h.tally.Deaths++
}
