package settle_test

import (
	"errors"
	"fmt"
	"time"

	"deductor/consumer/settle"
	"deductor/dedupe"
)

// minute is one of those in which records are produced.
func minute(n int) time.Time {
	return time.UnixMilli(1_700_000_000_000).Add(time.Duration(n) * time.Minute).UTC()
}

// raiseHorizon is a prune that puts a horizon in force. It forgets nothing here:
// that is for the tests of package prune.
type raiseHorizon struct{ minute int }

func (a raiseHorizon) GoString() string {
	return fmt.Sprintf("what is older than minute %d may be forgotten", a.minute)
}

func (a raiseHorizon) do(h *history) {
	if h.halfway != nil && len(h.halfway.letters) > 0 {
		h.goOn(settles) // a requeue locks no watermark, and has read the horizon already
	}
	err := h.beside(func() error {
		return settle.RecordHorizon(h.t.Context(), h.b.admin,
			dedupe.Horizon{Before: minute(a.minute), Actor: "operator", Reason: "to see what happens"})
	})
	var passed *dedupe.HorizonError
	raised := h.model.raiseHorizon(minute(a.minute))
	if raised && err != nil || !raised && !errors.As(err, &passed) {
		h.t.Fatalf("horizon %v: error %v; want it put in force: %t", minute(a.minute), err, raised)
	}
	h.tally.Horizons++
}
