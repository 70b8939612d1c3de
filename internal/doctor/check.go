package doctor

import (
	"fmt"
	"strings"
)

// State is how a check ended.
type State string

// States, from well to wrong. Skipped is what could not be looked at, for a reason
// that another check tells.
const (
	OK      State = "ok"
	Skipped State = "skipped"
	Warn    State = "warn"
	Fail    State = "fail"
)

// worse tells whether a state is further from well than another.
func (s State) worse(than State) bool {
	rank := map[State]int{OK: 1, Skipped: 2, Warn: 3, Fail: 4} // and "" is 0
	return rank[s] > rank[than]
}

// Check is what one look found.
type Check struct {
	// Name is a stable one, such as cleanup_policy.
	Name  string
	State State
	// Found says what there is, Do what to do about it; "" for nothing.
	Found, Do string
}

// report collects what a check finds.
type report struct {
	state     State
	found, do []string
}

func (r *report) ok(format string, args ...any) { r.add(OK, "", format, args...) }

// warn adds what should be otherwise, and what to do.
func (r *report) warn(do, format string, args ...any) { r.add(Warn, do, format, args...) }

// fail adds what must be otherwise, and what to do.
func (r *report) fail(do, format string, args ...any) { r.add(Fail, do, format, args...) }

func (r *report) add(state State, do, format string, args ...any) {
	if state.worse(r.state) {
		r.state = state
	}
	r.found = append(r.found, fmt.Sprintf(format, args...))
	if do != "" {
		r.do = append(r.do, do)
	}
}

func (r *report) check(name string) Check {
	return Check{Name: name, State: r.state, Found: strings.Join(r.found, "; "), Do: strings.Join(r.do, "; ")}
}

// Count says how many checks ended in a state.
func Count(checks []Check, state State) int {
	n := 0
	for _, c := range checks {
		if c.State == state {
			n++
		}
	}
	return n
}
