package demo

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"deductor/consumer/command"
	"deductor/ledger"
)

// line is a number of the result beside the one that it must be.
type line struct {
	indent    int
	label     string
	want, got int64
	problems  []string // what is wrong, thing by thing
}

func (l *line) wrong() bool { return l.want != l.got || len(l.problems) > 0 }

func (l *line) problem(format string, args ...any) {
	l.problems = append(l.problems, fmt.Sprintf(format, args...))
}

// verifier compares what was found with the plan.
type verifier struct {
	plan  *Plan
	found *found

	records, decided, debited, declined, letters, duplicates line
	once, balances, audit                                    line

	reasons map[string]*line // of declines
	codes   map[string]*line // of dead letters
	left    map[string]int64 // by account: the balance that it must have, minor units
	aside   map[aside]int64  // records that must be dead letters: how often
}

// aside is a record that is set aside.
type aside struct{ code, value string }

// verify returns the lines of the result, in their order.
func verify(p *Plan, f *found) []line {
	v := &verifier{
		plan: p, found: f,
		records:    line{indent: 0, label: "records read", want: int64(len(p.messages)), got: f.records},
		decided:    line{indent: 1, label: "orders", want: int64(len(p.orders)), got: int64(len(f.orders))},
		debited:    line{indent: 2, label: "debited"},
		declined:   line{indent: 2, label: "declined"},
		letters:    line{indent: 1, label: "dead letters", got: int64(len(f.deadLetters))},
		duplicates: line{indent: 1, label: "duplicates answered", want: int64(p.duplicates)},
		once:       line{label: "orders with one transfer, as sent"},
		balances:   line{label: "accounts with the right balance"},
		audit:      line{label: "checks of the audit passed", want: int64(len(f.checks))},
		reasons:    make(map[string]*line),
		codes:      make(map[string]*line),
		left:       make(map[string]int64),
		aside:      make(map[aside]int64),
	}
	v.open()
	for i := range p.orders {
		v.order(&p.orders[i])
	}
	v.strangers()
	v.setAside()
	v.accounts()
	v.checks()
	v.duplicates.got = f.records - v.decided.got - v.letters.got
	lines := []line{v.records, v.decided, v.debited, v.declined}
	lines = append(lines, ordered(v.reasons)...)
	lines = append(lines, v.letters)
	lines = append(lines, ordered(v.codes)...)
	return append(lines, v.duplicates, v.once, v.balances, v.audit)
}

// open begins with the opening balances.
func (v *verifier) open() {
	for _, a := range v.plan.accounts {
		v.left[a.name] = a.opening
		v.left[ledger.SettlementName(a.currency)] = 0
	}
}

// strangers looks for orders and transfers that nobody asked for.
func (v *verifier) strangers() {
	asked := make(map[string]bool, len(v.plan.orders))
	for i := range v.plan.orders {
		asked[v.plan.orders[i].id] = true
	}
	for _, id := range slices.Sorted(maps.Keys(v.found.orders)) {
		if !asked[id] {
			v.decided.problem("%s was never sent", id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(v.found.transfers)) {
		if !asked[id] {
			v.debited.got += int64(len(v.found.transfers[id]))
			v.debited.problem("%s was never sent and has %d transfers", id, len(v.found.transfers[id]))
		}
	}
}

// setAside compares the dead letters, byte for byte.
func (v *verifier) setAside() {
	v.expectLetter(string(command.ReasonInvalidJSON), v.plan.malformed)
	for _, letter := range v.found.deadLetters {
		code := count(v.codes, 2, letter.reason)
		code.got++
		key := aside{letter.reason, string(letter.value)}
		if v.aside[key] == 0 {
			code.problem("%q was not to be set aside for this", letter.value)
			continue
		}
		v.aside[key]--
	}
}

// accounts compares balances, to the minor unit.
func (v *verifier) accounts() {
	v.balances.want = int64(len(v.left))
	for _, name := range slices.Sorted(maps.Keys(v.left)) {
		balance, there := v.found.balances[name]
		if there && balance == v.left[name] {
			v.balances.got++
			continue
		}
		v.balances.problem("%s holds %d minor units, not %d", name, balance, v.left[name])
	}
	for _, name := range slices.Sorted(maps.Keys(v.found.balances)) {
		if _, known := v.left[name]; !known {
			v.balances.problem("%s was not created here", name)
		}
	}
}

func (v *verifier) checks() {
	for _, check := range v.found.checks {
		if check.OK() {
			v.audit.got++
		}
		for _, finding := range check.Findings {
			v.audit.problem("%s: %s: %s", check.Name, finding.Subject, finding.Detail)
		}
	}
}

// count returns the line of a reason.
func count(lines map[string]*line, indent int, reason string) *line {
	if lines[reason] == nil {
		lines[reason] = &line{indent: indent, label: reason}
	}
	return lines[reason]
}

func ordered(lines map[string]*line) []line {
	var all []line
	for _, l := range lines {
		all = append(all, *l)
	}
	slices.SortFunc(all, func(a, b line) int { return cmp.Compare(a.label, b.label) })
	return all
}
