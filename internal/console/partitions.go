package console

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"deductor/consumer/settle"
	"deductor/internal/partitions"
)

// partitionRow is a partition as a table shows it.
type partitionRow struct {
	partitions.State
	Word string // ok, idle or halted
	Halt *halt
	// Waits is how long the oldest unread record waits. It waits longer when that
	// is not Known: it was written before the first look.
	Waits time.Duration
	Known bool
	// Moved is when a batch last moved the watermark; nil when none did.
	Moved *time.Time
}

func rowsOf(survey *partitions.Survey, history []sample, now time.Time) []partitionRow {
	states := survey.States()
	rows := make([]partitionRow, len(states))
	for i, state := range states {
		stored := survey.Stored(state.Partition)
		row := partitionRow{State: state, Word: state.State, Halt: newHalt(state.Partition, stored), Known: true}
		if strings.HasPrefix(state.State, partitions.HaltedPrefix) {
			row.Word = "halted"
		}
		if position, end, ok := survey.Readable(state.Partition); ok && end > position {
			row.Waits, row.Known = age(history, state.Partition, position, now)
		}
		if stored.Watermark != nil {
			row.Moved = &stored.Watermark.UpdatedAt
		}
		rows[i] = row
	}
	return rows
}

// partitionsPage is the page of all partitions.
type partitionsPage struct {
	GroupState string
	Totals     partitions.Totals
	Rows       []partitionRow
	At         time.Time
}

func (c *Console) partitions(ctx context.Context, _ *http.Request) (string, any, error) {
	survey, at, err := c.watch.survey.get(ctx)
	if err != nil {
		return "", nil, failing("The partitions can't be looked at", err)
	}
	page := partitionsPage{
		GroupState: strings.ToLower(survey.Group.State),
		Rows:       rowsOf(survey, c.watch.history(), time.Now()),
		At:         at,
	}
	page.Totals = partitions.Sum(survey.States())
	return "Partitions", page, nil
}

// partitionPage is the page of one.
type partitionPage struct {
	partitionRow
	TopicID       string
	Watermark     *settle.Watermark
	Pending       *int64 // where an operator told it to go on
	Interventions []settle.PastIntervention
	At            time.Time
}

// maxInterventions is how many are shown.
const maxInterventions = 100

func (c *Console) partition(ctx context.Context, r *http.Request) (string, any, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 32)
	unknown := &pageError{http.StatusNotFound, "There is no such partition",
		fmt.Sprintf("%s has none of that number. The list of partitions has all there are.", c.config.Topic)}
	if err != nil {
		return "", nil, unknown
	}
	survey, at, err := c.watch.survey.get(ctx)
	if err != nil {
		return "", nil, failing("The partition can't be looked at", err)
	}
	for _, row := range rowsOf(survey, c.watch.history(), time.Now()) {
		if int64(row.Partition) != id {
			continue
		}
		stored := survey.Stored(row.Partition)
		page := partitionPage{partitionRow: row, TopicID: survey.Topic.ID.String(), Watermark: stored.Watermark,
			Pending: stored.Intervention, At: at}
		key := settle.Key{Group: c.config.Group, Topic: c.config.Topic, Partition: row.Partition}
		if page.Interventions, err = settle.Interventions(ctx, c.db, key, maxInterventions); err != nil {
			return "", nil, failing("The partition's history can't be read", err)
		}
		return fmt.Sprintf("Partition %d", id), page, nil
	}
	return "", nil, unknown
}
