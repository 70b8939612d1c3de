package console

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"deductor/consumer/command"
	"deductor/consumer/settle"
)

// How many dead letters a page has, up to how many are counted, and for how long
// the overview's count is not taken again.
const (
	lettersPage  = 50
	countBound   = 1000
	countOfOther = 10_000
	lettersAge   = 5 * time.Second
)

// reasonCount is how many dead letters there are of a reason: more than N, when
// More says so.
type reasonCount struct {
	Reason, Description string
	N                   int64
	More                bool
}

// countedByReason puts the most frequent first. Each count stops above the bound.
func countedByReason(counts map[string]int64, bound int64) []reasonCount {
	all := make([]reasonCount, 0, len(counts))
	for reason, n := range counts {
		all = append(all, reasonCount{reason, command.Reason(reason).Description(), min(n, bound), n > bound})
	}
	slices.SortFunc(all, func(a, b reasonCount) int {
		if a.N != b.N {
			return int(b.N - a.N)
		}
		return strings.Compare(a.Reason, b.Reason)
	})
	return all
}

// countOpenLetters is for the overview.
func (c *Console) countOpenLetters(ctx context.Context) ([]reasonCount, error) {
	counts, err := settle.CountDeadLetters(ctx, c.db, settle.LetterQuery{State: settle.Open, Limit: countBound + 1})
	if err != nil {
		return nil, err
	}
	return countedByReason(counts, countBound), nil
}

// lettersPageView is the page of dead letters.
type lettersPageView struct {
	Filter  letterFilter
	Reasons []command.Reason
	Topics  []string
	Counts  []reasonCount
	// CountError says why there are no counts.
	CountError string
	Letters    []settle.DeadLetter
	Older      string // the URL of the next page; "" when there is none
	// Command is how the same is done for all that match.
	Command string
}

func (c *Console) deadLetters(ctx context.Context, r *http.Request) (string, any, error) {
	filter, err := parseLetterFilter(r.URL.Query())
	if err != nil {
		return "", nil, err
	}
	view := lettersPageView{Filter: filter, Reasons: command.Reasons(), Command: filter.command()}
	sources, err := settle.Sources(ctx, c.db)
	if err != nil {
		return "", nil, failing("The topics can't be read", err)
	}
	query, found := filter.query(sources)
	for _, s := range sources {
		if !slices.Contains(view.Topics, s.Topic) {
			view.Topics = append(view.Topics, s.Topic)
		}
	}
	if !found {
		return "Dead letters", view, nil // no partition of that name: no letter
	}
	query.Limit = lettersPage + 1
	if view.Letters, err = settle.NewestDeadLetters(ctx, c.db, query); err != nil {
		return "", nil, failing("The dead letters can't be read", err)
	}
	if len(view.Letters) > lettersPage {
		view.Letters = view.Letters[:lettersPage]
		view.Older = filter.url("before", strconv.FormatInt(view.Letters[lettersPage-1].ID, 10))
	}
	view.Counts, err = c.countLetters(ctx, query)
	if err != nil {
		view.CountError = reasonOf(err) // the list is of use without
	}
	return "Dead letters", view, nil
}

// countLetters counts by reason what the query would find of all reasons.
func (c *Console) countLetters(ctx context.Context, query settle.LetterQuery) ([]reasonCount, error) {
	ctx, cancel := context.WithTimeout(ctx, pageTimeout/2)
	defer cancel()
	query.Reason, query.Before = "", 0
	bound := int64(countBound)
	if query.State != settle.Open {
		bound = countOfOther
	}
	query.Limit = int(bound) + 1
	counts, err := settle.CountDeadLetters(ctx, c.db, query)
	if err != nil {
		return nil, err
	}
	return countedByReason(counts, bound), nil
}
