package topicaudit

import (
	"cmp"
	"slices"

	"deductor/consumer/settle"
)

// Report is what was found. Its JSON is a contract with scripts.
type Report struct {
	// OK means that nothing is missing, different or extra.
	OK    bool   `json:"ok"`
	Topic string `json:"topic"`
	Group string `json:"group"`
	// Records is how many were judged, Pruned how many of them are from before the
	// horizon and have no outcome any more.
	Records int64 `json:"records"`
	Pruned  int64 `json:"pruned"`
	// Orders is how many orders the database has from the ranges.
	Orders int64 `json:"orders"`
	// Missing, Different and Extra are how many there are of each.
	Missing   int64 `json:"missing"`
	Different int64 `json:"different"`
	Extra     int64 `json:"extra"`
	// Partitions are what was judged, in their order.
	Partitions []Judged `json:"partitions"`
	// Findings are the first of each kind.
	Findings []Finding `json:"findings"`
	// Warnings say what could not be judged.
	Warnings []string `json:"warnings"`
}

// Judged is a range of a partition's offsets: From up to, and without, To.
type Judged struct {
	Partition  int32 `json:"partition"`
	FromOffset int64 `json:"from_offset"`
	ToOffset   int64 `json:"to_offset"`
}

// Kinds of findings.
const (
	// Missing: a record of the topic has no recorded outcome.
	Missing = "missing"
	// Different: what is recorded is for something else than the record asks for.
	Different = "different"
	// Extra: an order was decided by a record that the topic does not have.
	Extra = "extra"
)

// Finding is one thing that differs.
type Finding struct {
	Kind      string `json:"kind"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
	OrderID   string `json:"order_id"`
	Detail    string `json:"detail"`
}

// add counts a finding, and keeps the first of its kind.
func (r *Report) add(f Finding, limit int) {
	counter := map[string]*int64{Missing: &r.Missing, Different: &r.Different, Extra: &r.Extra}[f.Kind]
	if *counter < int64(limit) {
		r.Findings = append(r.Findings, f)
	}
	*counter++
}

func (r *Report) addFault(f *settle.Fault, limit int) {
	kind := Different
	if f.Missing {
		kind = Missing
	}
	r.add(Finding{Kind: kind, Partition: f.Partition, Offset: f.Offset, OrderID: f.OrderID, Detail: f.Detail}, limit)
}

func (r *Report) finish() {
	r.OK = r.Missing+r.Different+r.Extra == 0
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
	})
}
