package settle_test

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"deductor/consumer/settle"
)

// operator requeues dead letters.
type operator struct {
	process
	last *requeueRun // nil before the first
}

func newOperator(g *ground) *operator {
	o := &operator{process: process{lines: g.operators}}
	o.start()
	return o
}

// requeueRun is that of a command that requeues dead letters, in the order of
// their ids.
type requeueRun struct {
	*run
	operator *operator
	number   int
	handling settle.Handling
	letters  []letterName
	content  []*settle.DeadLetterContent // as it was read
	records  []settle.Slice
	results  []settle.RequeueResult
}

// requeueOf begins a command, and reads the letters.
func (h *history) requeueOf(o *operator, letters []string) *requeueRun {
	h.requeues++
	q := &requeueRun{operator: o, number: h.requeues, handling: settle.NewHandling("operator", "to see"),
		content: h.contentOf(letters)}
	for _, at := range letters {
		letter := h.model.letters[at]
		q.letters = append(q.letters, letter.letterName)
		q.records = append(q.records, settle.Slice{Key: h.log[letter.item.Record.Partition].key,
			Items: []settle.Item{letter.item}})
	}
	return q
}

// again is the same letters, as they were read, by another command.
func (h *history) again(q *requeueRun) *requeueRun {
	h.requeues++
	return &requeueRun{operator: q.operator, number: h.requeues, handling: settle.NewHandling("operator", "to see"),
		letters: q.letters, content: q.content, records: q.records}
}

// requeue requeues letters, with what befalls it.
func (h *history) requeue(q *requeueRun, f fate, at point) {
	if len(q.letters) == 0 {
		return
	}
	o := q.operator
	q.run = &run{process: &o.process, batch: q.records, letters: make(map[string]bool), fate: f, at: at,
		work: func(ctx context.Context) (err error) {
			requeuer := &settle.Requeuer{Settler: o.settler, Handling: q.handling}
			q.results, err = requeuer.Requeue(ctx, q.content)
			return err
		},
		apply: func(m *model) { m.requeue(q.number, q.letters) },
		judge: func() { h.requeued(q) },
	}
	for _, letter := range q.letters {
		q.run.letters[letter.at] = true
	}
	h.say("these are %s", q)
	h.giveWay(q.run)
	o.last = q
	h.tally.Requeues++
	h.perform(q.run)
}

// String lists the letters.
func (q *requeueRun) String() string {
	places := make([]string, len(q.letters))
	for i, letter := range q.letters {
		places[i] = letter.at
	}
	return strings.Join(places, ", ")
}

// requeued compares what was reported of each letter with what the model says.
func (h *history) requeued(q *requeueRun) {
	switch {
	case q.fate == dies:
		h.died(q.run, q.at == afterCommit)
		q.operator.start()
		return
	case q.err != nil:
		h.t.Fatalf("requeue: %v", q.err)
	case q.fate == cutOff && q.at == afterCommit:
		q.apply(h.model)
	}
	var got []string
	for _, result := range q.results {
		reason, _, _ := strings.Cut(result.Detail, ":")
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s", result.Outcome, reason)))
		h.tally.Requeued[result.Outcome]++
	}
	want := h.model.requeue(q.number, q.letters)
	if !slices.Equal(got, want) {
		h.t.Fatalf("letters %s became %s, want %s", q, strings.Join(got, ", "), strings.Join(want, ", "))
	}
	h.say("they became %s", strings.Join(got, ", "))
}

// contentOf reads letters as the command does, in the order of their ids.
func (h *history) contentOf(letters []string) (content []*settle.DeadLetterContent) {
	if len(letters) == 0 {
		return nil
	}
	set, err := settle.SelectDeadLetters(h.t.Context(), h.b.admin, settle.DeadLetterFilter{IDs: h.model.ids(letters)})
	if err != nil {
		h.t.Fatal(err)
	}
	for ids := range set.Batches() {
		if err := settle.ReadDeadLetters(h.t.Context(), h.b.admin, ids, func(letter *settle.DeadLetterContent) error {
			content = append(content, letter)
			return nil
		}); err != nil {
			h.t.Fatal(err)
		}
	}
	if len(content) != len(letters) {
		h.t.Fatalf("%d dead letters were read, want %d", len(content), len(letters))
	}
	return content
}

// number takes up the ids that the database gave to new letters. They go by the
// order in which a batch was read.
func (h *history) number() {
	if len(h.model.unnumbered) == 0 {
		return
	}
	stored := make(map[string]int64)
	letters, err := settle.DeadLetters(h.t.Context(), h.b.admin, settle.DeadLetterFilter{})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, letter := range letters {
		stored[fmt.Sprintf("%d@%d", letter.Partition, letter.Offset)] = letter.ID
	}
	last := int64(0)
	for _, at := range h.model.unnumbered {
		if stored[at] <= last {
			h.t.Fatalf("record %s was set aside as dead letter %d, the one before it as %d", at, stored[at], last)
		}
		last = stored[at]
		h.model.letters[at].id = last
		if h.model.letters[at].reason == quarantined {
			h.tally.Quarantined++
		}
	}
	h.model.unnumbered = nil
}
