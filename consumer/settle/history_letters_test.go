package settle_test

import (
	"fmt"
	"strings"

	"deductor/consumer/settle"
)

// choice is which dead letters an operator works on.
type choice struct {
	kind    choiceKind
	numbers []int
}

type choiceKind int

const (
	open       choiceKind = iota // all that are
	notWaiting                   // all that are open, and do not wait for others
	waiting                      // all that are open, and wait for others
	firstHalf                    // of those that are open
	numbered                     // some: the first numbers are those of open ones, by their ids
)

// GoString says which.
func (c choice) GoString() string {
	if c.kind == numbered {
		return "numbers " + strings.Trim(fmt.Sprint(c.numbers), "[]")
	}
	return [...]string{"all that are open", "all but those that wait", "all that wait", "the first half"}[c.kind]
}

// of returns the letters chosen, in the order of their ids.
func (c choice) of(m *model) []string {
	isOpen := func(l *modelLetter) bool { return l.state == settle.Open }
	if all := m.lettersBy(isOpen); c.kind == firstHalf {
		return all[:(len(all)+1)/2]
	}
	if c.kind != numbered {
		return m.lettersBy(func(l *modelLetter) bool {
			return isOpen(l) && (c.kind == open || (l.reason == quarantined) == (c.kind == waiting))
		})
	}
	all := append(m.lettersBy(isOpen), m.lettersBy(func(l *modelLetter) bool { return !isOpen(l) })...)
	chosen := make(map[string]bool)
	for _, n := range c.numbers {
		if n < len(all) {
			chosen[all[n]] = true
		}
	}
	return m.lettersBy(func(l *modelLetter) bool { return chosen[l.at] })
}

// requeue is an operator who has dead letters decided again.
type requeue struct {
	operator int
	letters  choice
	fate     fate
	at       point
}

func (a requeue) GoString() string {
	return fmt.Sprintf("operator %d requeues dead letters, %#v%s", a.operator, a.letters, a.fate.at(a.at))
}

func (a requeue) do(h *history) {
	o := h.operators[a.operator]
	if h.busy(&o.process) {
		return
	}
	h.requeue(h.requeueOf(o, a.letters.of(h.model)), a.fate, a.at)
}

// requeueAgain is a requeue that is run once more: by another command, or by the
// same.
type requeueAgain struct {
	operator int
	same     bool
	fate     fate
	at       point
}

func (a requeueAgain) GoString() string {
	by := "another command"
	if a.same {
		by = "the same command"
	}
	return fmt.Sprintf("operator %d requeues the last dead letters again, by %s%s", a.operator, by, a.fate.at(a.at))
}

func (a requeueAgain) do(h *history) {
	o := h.operators[a.operator]
	if o.last == nil || h.busy(&o.process) {
		return
	}
	again := h.again(o.last)
	if a.same {
		again.number, again.handling = o.last.number, o.last.handling
	}
	h.requeue(again, a.fate, a.at)
}

// discard is an operator who leaves dead letters undecided.
type discard struct{ letters choice }

func (a discard) GoString() string {
	return fmt.Sprintf("an operator discards dead letters, %#v", a.letters)
}

func (a discard) do(h *history) {
	letters := a.letters.of(h.model)
	h.say("these are %s", strings.Join(letters, ", "))
	if s := h.halfway; s != nil && h.model.quarantine {
		stands := commandsOf(s.batch)
		for _, at := range letters { // it does not lock accounts
			if !s.letters[at] && stands[h.model.letters[at].account] {
				h.goOn(settles)
				break
			}
		}
	}
	var got []int64
	if err := h.beside(func() (err error) {
		got, err = settle.Discard(h.t.Context(), h.b.admin, h.model.ids(letters), settle.NewHandling("operator", "to see"))
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
	want := h.model.discard(letters)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		h.t.Fatalf("discarded %v, want %v", got, want)
	}
	h.tally.Discarded += len(got)
}
