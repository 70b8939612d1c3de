package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"deductor/consumer/settle"
	"deductor/internal/letters"
)

// reportView is what became of a set of dead letters. Its JSON is a contract
// with scripts.
type reportView struct {
	Action     string         `json:"action"`
	Executed   bool           `json:"executed"`
	Selected   int            `json:"selected"`
	Codes      map[string]int `json:"codes"`
	Applied    int            `json:"applied"`
	Declined   int            `json:"declined"`
	Duplicate  int            `json:"duplicate"`
	Discarded  int            `json:"discarded"`
	Refused    int            `json:"refused"`
	Waiting    int            `json:"waiting"`
	Skipped    int            `json:"skipped"`
	NotReached int            `json:"not_reached"`
	// StillOpen are those refused and waiting: the first 100.
	StillOpen []openView `json:"still_open"`
}

// openView is a dead letter that stays open, and why.
type openView struct {
	ID      int64    `json:"id"`
	Outcome string   `json:"outcome"`
	Detail  jsonText `json:"detail"`
}

func viewReport(action string, executed bool, r *letters.Report) reportView {
	view := reportView{
		Action:     action,
		Executed:   executed,
		Selected:   r.Selected,
		Codes:      r.Codes,
		Applied:    r.Outcomes[settle.LetterApplied],
		Declined:   r.Outcomes[settle.LetterDeclined],
		Duplicate:  r.Outcomes[settle.LetterDuplicate],
		Discarded:  r.Discarded,
		Refused:    r.Outcomes[settle.LetterRefused],
		Waiting:    r.Outcomes[settle.LetterWaiting],
		Skipped:    r.Outcomes[settle.LetterSkipped],
		NotReached: r.NotReached(),
		StillOpen:  make([]openView, len(r.Open)),
	}
	for i, open := range r.Open {
		view.StillOpen[i] = openView{open.ID, string(open.Outcome), jsonText(open.Detail)}
	}
	return view
}

func writeReport(w io.Writer, r reportView) error {
	fmt.Fprintf(w, "%s %d dead letters:", r.Action, r.Selected)
	for i, code := range slices.Sorted(maps.Keys(r.Codes)) {
		if i > 0 {
			fmt.Fprint(w, ",")
		}
		fmt.Fprintf(w, " %d %s", r.Codes[code], code)
	}
	fmt.Fprintln(w)
	if err := details(w, reportLines(r)); err != nil {
		return err
	}
	if len(r.StillOpen) > 0 {
		fmt.Fprintln(w, "\nstill open:")
		rows := make([][]string, len(r.StillOpen))
		for i, open := range r.StillOpen {
			rows[i] = []string{strconv.FormatInt(open.ID, 10), open.Outcome, printable(string(open.Detail))}
		}
		if err := table(w, []string{"ID", "OUTCOME", "WHY"}, rows); err != nil {
			return err
		}
		if more := r.Refused + r.Waiting - len(r.StillOpen); more > 0 {
			fmt.Fprintf(w, "and %d more: deductor deadletter list\n", more)
		}
	}
	last := "done"
	if !r.Executed {
		last = "nothing was done: add --execute to do it"
	}
	_, err := fmt.Fprintln(w, last)
	return err
}

// reportLines are the counts, without those that are zero.
func reportLines(r reportView) (lines [][2]string) {
	for _, line := range []struct {
		name string
		n    int
	}{
		{"applied", r.Applied},
		{"declined", r.Declined},
		{"duplicate", r.Duplicate},
		{"discarded", r.Discarded},
		{"refused again", r.Refused},
		{"waiting", r.Waiting},
		{"no longer open", r.Skipped},
		{"not reached", r.NotReached},
	} {
		if line.n > 0 {
			lines = append(lines, [2]string{line.name, strconv.Itoa(line.n)})
		}
	}
	return lines
}
