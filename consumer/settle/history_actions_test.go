package settle_test

import (
	"fmt"
	"strings"
)

// action is one step of a history. What it names that is not there (a worker
// that has nothing, an offset beyond the log) makes it do less, or nothing.
// %#v prints it as a sentence: it is what rapid shows of a history that fails.
type action interface {
	fmt.GoStringer
	do(h *history)
}

// plan is a history before it happens.
type plan []action

// GoString has a line an action.
func (p plan) GoString() string {
	var lines strings.Builder
	for _, a := range p {
		fmt.Fprintf(&lines, "\n    %#v", a)
	}
	return lines.String()
}

// fate is what befalls a worker's transaction.
type fate int

const (
	settles fate = iota
	cutOff       // its connection is lost at a point; it tries again
	dies         // with its process, at a point
	stands       // at a point, until it goes on
)

func (f fate) at(p point) string {
	switch f {
	case cutOff:
		return fmt.Sprintf(", loses its connection %v, and tries again", p)
	case dies:
		return fmt.Sprintf(", and dies %v", p)
	case stands:
		return fmt.Sprintf(", and stands still %v", min(p, beforeCommit))
	}
	return ""
}

// produce appends messages to a partition.
type produce struct {
	partition int32
	messages  []string
	minute    int // of their timestamps
}

func (a produce) GoString() string {
	return fmt.Sprintf("partition %d gets, in minute %d, %s", a.partition, a.minute, strings.Join(a.messages, " "))
}

func (a produce) do(h *history) {
	for _, message := range a.messages {
		if message == controlRecord {
			h.log[a.partition].put(marker)
			continue
		}
		h.log[a.partition].put(of(minute(a.minute), raw(message)))
	}
}

// acquire gives a partition to a worker. Whoever has it is not told.
type acquire struct {
	worker    int
	partition int32
}

func (a acquire) GoString() string {
	return fmt.Sprintf("worker %d acquires partition %d", a.worker, a.partition)
}

func (a acquire) do(h *history) {
	if w := h.workers[a.worker]; !h.busy(&w.process) {
		h.acquire(w, a.partition)
	}
}

// settleNext is a worker's next batch, of all partitions that it has.
type settleNext struct {
	worker    int
	partition int32 // is the first of them
	records   int
	fate      fate
	at        point
}

func (a settleNext) GoString() string {
	return fmt.Sprintf("worker %d settles up to %d records of each partition, %d first%s",
		a.worker, a.records, a.partition, a.fate.at(a.at))
}

func (a settleNext) do(h *history) {
	w := h.workers[a.worker]
	if h.busy(&w.process) {
		return
	}
	if len(w.held) == 0 {
		h.say("it acquires partition %d", a.partition)
		h.acquire(w, a.partition)
	}
	batch := h.read(w, a.partition, a.records)
	h.say("it has %s", describe(batch))
	h.settle(w, batch, a.fate, a.at)
}

// settleAgain is a worker's last batch again, whoever has its partitions now.
type settleAgain struct {
	worker int
	fate   fate
	at     point
}

func (a settleAgain) GoString() string {
	return fmt.Sprintf("worker %d settles its last batch again%s", a.worker, a.fate.at(a.at))
}

func (a settleAgain) do(h *history) {
	if w := h.workers[a.worker]; !h.busy(&w.process) {
		h.say("it has %s", describe(w.last))
		h.settle(w, w.last, a.fate, a.at)
	}
}

// goOn ends the transaction in which a worker stands.
type goOn struct{ fate fate }

func (a goOn) GoString() string {
	return "who stands in a transaction goes on" + strings.ReplaceAll(a.fate.at(0), " in the first round trip", " there")
}

func (a goOn) do(h *history) { h.goOn(a.fate) }

// exit is a worker that dies between two transactions.
type exit struct{ worker int }

func (a exit) GoString() string { return fmt.Sprintf("worker %d dies", a.worker) }

func (a exit) do(h *history) {
	if w := h.workers[a.worker]; !h.busy(&w.process) {
		w.giveBack() // to open another tells nothing new
		w.begin()
	}
}

// catchUp is a worker that gets all partitions, and settles them to their ends.
type catchUp struct{ worker int }

func (a catchUp) GoString() string {
	return fmt.Sprintf("worker %d gets all partitions, and settles all", a.worker)
}

func (a catchUp) do(h *history) {
	if !h.busy(&h.workers[a.worker].process) {
		h.takeAll(a.worker)
	}
}
