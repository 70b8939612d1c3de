package console

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"deductor/internal/partitions"
)

// overview is the first page. Its sections fail one by one: when the brokers
// can't be reached, the database still has something to say.
type overview struct {
	Group   groupSection
	Books   booksSection
	Letters lettersSection
	Minutes []minute
	At      time.Time
}

// groupSection is what the brokers tell, and the watermarks.
type groupSection struct {
	Error  string
	State  string
	Totals partitions.Totals
	// Waits is how long the oldest unread record waits: longer, if not Known.
	Waits time.Duration
	Known bool
	// Rates are those of the last half minute, if Rated.
	Rates   rates
	Rated   bool
	Halts   []*halt
	Workers []partitions.Worker
}

type booksSection struct {
	Error  string
	Totals books
	At     time.Time
}

type lettersSection struct {
	Error  string
	Counts []reasonCount
	Total  int64
	More   bool
}

// tableMinutes is how many minutes the table beside the plot has.
const tableMinutes = 15

func (c *Console) overview(ctx context.Context, _ *http.Request) (string, any, error) {
	return "Overview", c.look(ctx), nil
}

// overviewNow is the part of the page that is fetched again and again.
func (c *Console) overviewNow(w http.ResponseWriter, r *http.Request) {
	c.show(w, r, http.StatusOK, "overview", "now", c.frame(r, "overview", "Overview", c.look(r.Context())))
}

func (c *Console) look(ctx context.Context) *overview {
	o := &overview{At: time.Now().UTC()}
	var asked sync.WaitGroup
	asked.Go(func() { o.Group = c.groupSection(ctx) })
	asked.Go(func() {
		totals, at, err := c.books.get(ctx)
		o.Books = booksSection{Totals: totals, At: at.UTC()}
		if err != nil {
			o.Books.Error = reasonOf(err)
		}
	})
	asked.Go(func() {
		counts, _, err := c.letters.get(ctx)
		o.Letters = lettersSection{Counts: counts}
		if err != nil {
			o.Letters.Error = reasonOf(err)
		}
		for _, count := range counts {
			o.Letters.Total += count.N
			o.Letters.More = o.Letters.More || count.More
		}
	})
	asked.Wait()
	o.Minutes = minutes(c.watch.history(), tableMinutes)
	return o
}

func (c *Console) groupSection(ctx context.Context) groupSection {
	survey, _, err := c.watch.survey.get(ctx)
	if err != nil {
		return groupSection{Error: reasonOf(err)}
	}
	history := c.watch.history()
	section := groupSection{
		State:   strings.ToLower(survey.Group.State),
		Totals:  partitions.Sum(survey.States()),
		Known:   true,
		Workers: survey.Workers(),
	}
	section.Rates, section.Rated = current(history)
	for _, row := range rowsOf(survey, history, time.Now()) {
		if row.Halt != nil {
			section.Halts = append(section.Halts, row.Halt)
		}
		if row.Waits > section.Waits {
			section.Waits, section.Known = row.Waits, row.Known
		}
	}
	return section
}
