package settle

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/command"
)

// Requeuer decides dead letters again, batch by batch: as they would be decided
// if their records were read now, in the same transaction that marks them as
// requeued. It belongs to one goroutine.
type Requeuer struct {
	// Settler has the connection.
	Settler *Settler
	// Handling says who and why.
	Handling Handling
	// Rehearsal means that nothing is written: the results say what would be
	// decided, for each batch as the books stand now.
	Rehearsal bool

	rehearsed []int64
}

// Requeue decides a batch of dead letters again, in the order of their ids, as
// [ReadDeadLetters] gives them. It tries again for as long as ctx allows, as
// [Settler.Settle] does. The results are those of what was committed; with an
// error, the others may have been committed or not. Requeued again, by whomever,
// they are not paid twice.
func (r *Requeuer) Requeue(ctx context.Context, letters []*DeadLetterContent) (results []RequeueResult, err error) {
	batch := make([]Slice, 0, len(letters))
	content := make(map[*kgo.Record]*DeadLetterContent, len(letters))
	for _, letter := range letters {
		item := letter.item()
		content[item.Record] = letter
		if n := len(batch); n == 0 || batch[n-1].SourceID != letter.SourceID {
			key := Key{Topic: letter.Topic, Partition: letter.Partition}
			batch = append(batch, Slice{Key: key, SourceID: letter.SourceID})
		}
		last := &batch[len(batch)-1]
		last.Items = append(last.Items, item)
	}
	if len(batch) == 0 {
		return nil, nil
	}
	var c *claim
	_, err = r.Settler.run(ctx, batch, task{
		locks:     slices.ContainsFunc(letters, (*DeadLetterContent).waited),
		rehearsal: r.Rehearsal,
		admit: func(part []Slice) admission {
			c = &claim{handling: r.Handling, batch: part, content: content, rehearsed: r.rehearsed}
			return c
		},
		done: func(t *transaction) { results = append(results, r.keep(c.results(t))...) },
	})
	if err != nil {
		return results, fmt.Errorf("requeue: %w", err)
	}
	return results, nil
}

// keep remembers what a rehearsal would have requeued: to later letters it is no
// longer open.
func (r *Requeuer) keep(results []RequeueResult) []RequeueResult {
	for i := range results {
		if r.Rehearsal && results[i].Outcome.Resolved() {
			r.rehearsed = append(r.rehearsed, results[i].ID)
		}
	}
	return results
}

// item is the record that the letter keeps, read once more.
func (d *DeadLetterContent) item() Item {
	item := Item{Record: &kgo.Record{
		Topic:     d.Topic,
		Partition: d.Partition,
		Offset:    d.Offset,
		Timestamp: time.UnixMilli(d.Timestamp),
		Key:       d.Key,
		Value:     d.Value,
		Headers:   d.Headers,
	}}
	item.Command, item.Rejection = command.Decode(d.Value)
	return item
}
