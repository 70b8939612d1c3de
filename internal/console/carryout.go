package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"deductor/consumer/settle"
	"deductor/internal/letters"
	"deductor/internal/pgclose"
)

// outcome is what became of the chosen letters, or would.
type outcome struct {
	choice
	*letters.Report
	Reason string
}

// Rows are the outcomes that there are, in an order that does not change.
func (o *outcome) Rows() []outcomeRow {
	var rows []outcomeRow
	for _, known := range []struct {
		outcome settle.LetterOutcome
		means   string
	}{
		{settle.LetterApplied, "debited"},
		{settle.LetterDeclined, "the books refuse it: final for this attempt"},
		{settle.LetterDuplicate, "its order was answered already"},
		{settle.LetterRefused, "still no command, or still in conflict: stays open"},
		{settle.LetterWaiting, "an earlier dead letter of its account is open: stays open"},
		{settle.LetterSkipped, "not open any more"},
	} {
		if n := o.Outcomes[known.outcome]; n > 0 {
			rows = append(rows, outcomeRow{string(known.outcome), known.means, n})
		}
	}
	if o.Discarded > 0 {
		rows = append(rows, outcomeRow{"discarded", "left undecided for good, not paid", o.Discarded})
	}
	return rows
}

type outcomeRow struct {
	Outcome, Means string
	N              int
}

// carryOut handles the letters, or rehearses it. One action at a time; what was
// begun is finished, also when nobody waits any more.
func (c *Console) carryOut(ctx context.Context, chosen choice, h settle.Handling, rehearsal bool) (*outcome, error) {
	if err := c.actions.enter(ctx); err != nil {
		return nil, fmt.Errorf("wait for another action to end: %w", err)
	}
	type result struct {
		report *letters.Report
		err    error
	}
	ended := make(chan result, 1)
	go func() {
		defer c.actions.leave()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), actionTimeout)
		defer cancel()
		report, err := c.handle(ctx, chosen, h, rehearsal)
		if err != nil && !rehearsal {
			c.config.Logger.Warn("console: an action failed", "action", chosen.Action, "ids", chosen.IDs, "error", err)
		}
		ended <- result{report, err}
	}()
	select {
	case r := <-ended:
		if r.err != nil {
			return nil, r.err
		}
		return &outcome{choice: chosen, Report: r.report, Reason: h.Reason}, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("it goes on, but was not done in time: %w", ctx.Err())
	}
}

func (c *Console) handle(
	ctx context.Context, chosen choice, h settle.Handling, rehearsal bool,
) (*letters.Report, error) {
	conn, err := c.config.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer pgclose.Conn(conn)
	set, err := settle.SelectDeadLetters(ctx, conn, settle.DeadLetterFilter{IDs: chosen.IDs})
	if errors.Is(err, settle.ErrDeadLetterUnknown) {
		return nil, &pageError{http.StatusNotFound, "A dead letter does not exist", err.Error()}
	}
	if err != nil {
		return nil, err
	}
	silent := func(int64) {}
	if chosen.Action == "discard" {
		return letters.Discard(ctx, conn, set, h, rehearsal, silent)
	}
	settler := settle.NewSettler(settle.Config{Connect: c.config.Connect})
	defer settler.Close()
	return letters.Requeue(ctx, conn, set,
		&settle.Requeuer{Settler: settler, Handling: h, Rehearsal: rehearsal}, silent)
}
