package letters

import "deductor/consumer/settle"

// MaxOpen is how many letters that stay open a report lists.
const MaxOpen = 100

// Report is what became of a set of dead letters.
type Report struct {
	// Selected is how many the set has, Codes how many of them were set aside for
	// which reason.
	Selected int
	Codes    map[string]int
	// Outcomes is how many were requeued with which outcome.
	Outcomes map[settle.LetterOutcome]int
	// Discarded is how many were.
	Discarded int
	// Open are those that stay open, and why: the first [MaxOpen].
	Open []settle.RequeueResult
}

func newReport(selection *settle.Selection) *Report {
	return &Report{
		Selected: selection.Len(),
		Codes:    selection.Codes,
		Outcomes: make(map[settle.LetterOutcome]int),
		Open:     []settle.RequeueResult{},
	}
}

func (r *Report) add(results []settle.RequeueResult) {
	for _, result := range results {
		r.Outcomes[result.Outcome]++
		stays := result.Outcome == settle.LetterRefused || result.Outcome == settle.LetterWaiting
		if stays && len(r.Open) < MaxOpen {
			r.Open = append(r.Open, result)
		}
	}
}

// Resolved is how many are no longer open by this run.
func (r *Report) Resolved() int {
	return r.Outcomes[settle.LetterApplied] + r.Outcomes[settle.LetterDeclined] +
		r.Outcomes[settle.LetterDuplicate] + r.Discarded
}

// StayOpen is how many were decided on and stay open.
func (r *Report) StayOpen() int {
	return r.Outcomes[settle.LetterRefused] + r.Outcomes[settle.LetterWaiting]
}

// NotReached is how many nothing is known of: the run ended before them.
func (r *Report) NotReached() int {
	return r.Selected - r.Resolved() - r.StayOpen() - r.Outcomes[settle.LetterSkipped]
}
