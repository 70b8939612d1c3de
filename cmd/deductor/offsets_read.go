package main

import (
	"io"
	"sync"

	"deductor/internal/progress"
)

// offsetsRead shows how far a log is read, once it is known how far that is. Its
// methods may be called from any goroutine.
type offsetsRead struct {
	w io.Writer

	mu      sync.Mutex
	counter *progress.Counter
	line    *progress.Line
	done    int64
}

func (o *offsetsRead) set(done, total int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.line == nil {
		o.counter = progress.NewCounter("offsets read", total)
		o.line = progress.Start(o.w, o.counter.Line)
	}
	if done > o.done { // lanes may tell in another order
		o.counter.Add(done - o.done)
		o.done = done
	}
}

func (o *offsetsRead) stop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.line != nil {
		o.line.Stop()
	}
}
