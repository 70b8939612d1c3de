package settle

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/command"
)

// LetterOutcome is what a requeue came to.
type LetterOutcome string

// The outcomes. After the first three, the dead letter is requeued; after the
// next two it stays open.
const (
	// LetterApplied means that it was debited now.
	LetterApplied LetterOutcome = "applied"
	// LetterDeclined means that the books refused it now.
	LetterDeclined LetterOutcome = "declined"
	// LetterDuplicate means that its order had been answered already.
	LetterDuplicate LetterOutcome = "duplicate"
	// LetterRefused means that it is still no command, or still in conflict.
	LetterRefused LetterOutcome = "refused"
	// LetterWaiting means that an earlier dead letter of its account is open.
	LetterWaiting LetterOutcome = "waiting"
	// LetterSkipped means that it was no longer open, or that the database was put
	// back since it was read.
	LetterSkipped LetterOutcome = "skipped"
)

// Resolved tells whether the dead letter is requeued now.
func (o LetterOutcome) Resolved() bool {
	return o == LetterApplied || o == LetterDeclined || o == LetterDuplicate
}

// RequeueResult is what became of one dead letter.
type RequeueResult struct {
	ID      int64
	Outcome LetterOutcome
	// Detail says why it was refused, or for what it waits.
	Detail string
}

// claim admits dead letters that are to be decided again: those that are still
// open, once it has locked them.
type claim struct {
	handling  Handling
	batch     []Slice
	content   map[*kgo.Record]*DeadLetterContent
	rehearsed []int64 // letters that count as requeued in a rehearsal
	open      map[int64]bool
	before    map[int64]RequeueResult // what this run did before
}

func (c *claim) letters() []int64 { return append(c.own(), c.rehearsed...) }

// own are the batch's letters, in the order of their ids.
func (c *claim) own() []int64 {
	ids, _ := c.known()
	return ids
}

// known are the batch's letters, and when each was set aside.
func (c *claim) known() (ids []int64, created []time.Time) {
	ids, created = make([]int64, 0, size(c.batch)), make([]time.Time, 0, size(c.batch))
	for i := range c.batch {
		for j := range c.batch[i].Items {
			letter := c.content[c.batch[i].Items[j].Record]
			ids, created = append(ids, letter.ID), append(created, letter.CreatedAt)
		}
	}
	return ids, created
}

func (c *claim) queue(batch *pgx.Batch) {
	c.open, c.before = make(map[int64]bool), make(map[int64]RequeueResult)
	var id int64
	ids, created := c.known()
	batch.Queue(claimDeadLettersSQL, ids, created).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&id}, func() error {
			c.open[id] = true
			return nil
		})
		return err
	})
	var done RequeueResult
	batch.Queue(getCommandActionsSQL, ids, c.handling.id).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&done.ID, &done.Outcome, &done.Detail}, func() error {
			c.before[done.ID] = done
			return nil
		})
		return err
	})
}

// check has nothing to look at: letters that are not this command's are left out.
func (c *claim) check(context.Context, *pgx.Conn) error { return nil }

func (c *claim) admits(_ *Slice, item *Item) bool {
	id := c.content[item.Record].ID
	_, done := c.before[id]
	return c.open[id] && !done
}

func (c *claim) turn(item *Item) int64 {
	if letter := c.content[item.Record]; letter.waited() {
		return letter.ID
	}
	return 0
}

// waited tells whether the letter was set aside to keep its account's order. To
// requeue it takes the accounts' locks before it is read which letters are open.
func (d *DeadLetterContent) waited() bool {
	return d.Reason == string(command.ReasonAccountQuarantined)
}

// finish marks what was decided as requeued, and keeps who did it.
func (c *claim) finish(batch *pgx.Batch, t *transaction) {
	var ids, resolved []int64
	var outcomes, details []string
	for _, result := range c.results(t) {
		if _, done := c.before[result.ID]; done || result.Outcome == LetterSkipped {
			continue
		}
		ids = append(ids, result.ID)
		outcomes, details = append(outcomes, string(result.Outcome)), append(details, result.Detail)
		if result.Outcome.Resolved() {
			resolved = append(resolved, result.ID)
		}
	}
	if len(ids) == 0 {
		return
	}
	c.handling.queueActions(batch, "requeue", ids, outcomes, details)
	batch.Queue(resolveDeadLettersSQL, resolved, Requeued)
}

// results tell what became of each letter, in the order of their ids.
func (c *claim) results(t *transaction) []RequeueResult {
	results := make([]RequeueResult, 0, len(t.became))
	rejected := 0
	for i, id := range c.own() {
		result := RequeueResult{ID: id, Outcome: LetterOutcome(t.became[i].String())}
		before, done := c.before[id]
		switch {
		case done:
			result = before
		case !c.open[id]:
			result.Outcome = LetterSkipped
		case t.became[i] == DeadLettered:
			rejection := t.deadLetters[rejected].rejection
			rejected++
			result.Outcome, result.Detail = LetterRefused, rejection.Error()
			if rejection.Reason == command.ReasonAccountQuarantined {
				result.Outcome = LetterWaiting
			}
		}
		results = append(results, result)
	}
	return slices.Clip(results)
}
