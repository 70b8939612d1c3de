package metrics

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"deductor/consumer/command"
	"deductor/consumer/settle"
	"deductor/ledger"
)

// How often the database is asked, and for how long: seldom enough that it takes
// a twentieth of the time at most.
const (
	lettersInterval = 15 * time.Second
	booksInterval   = time.Minute
	share           = 20
	askTimeout      = 45 * time.Second
)

// books is what the database said last.
type books struct {
	pool *pgxpool.Pool
	log  *slog.Logger

	mu      sync.Mutex
	letters map[string]int64 // nil before the first answer
	totals  []ledger.CurrencyTotals
	checked time.Time
}

// reading is a look at the database, in a transaction that is limited.
type reading func(ctx context.Context, tx pgx.Tx) error

// run asks until ctx ends.
func (b *books) run(ctx context.Context) {
	var asking errgroup.Group
	asking.Go(func() error {
		b.refresh(ctx, "dead letters", lettersInterval, b.readLetters)
		return nil
	})
	asking.Go(func() error {
		b.refresh(ctx, "trial balance", booksInterval, b.readBooks)
		return nil
	})
	_ = asking.Wait() // neither fails
}

// refresh reads again and again. That it fails is told once, and so is its end.
func (b *books) refresh(ctx context.Context, what string, interval time.Duration, read reading) {
	failing := false
	for ctx.Err() == nil {
		began := time.Now()
		err := b.ask(ctx, read)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			b.log.Warn("metrics: "+what+" can't be read, trying again", "error", err)
		case err == nil && failing:
			b.log.Info("metrics: " + what + " can be read again")
		}
		failing = err != nil
		select {
		case <-ctx.Done():
		case <-time.After(pauseAfter(time.Since(began), interval)):
		}
	}
}

// pauseAfter is how long to wait after a read that took so long.
func pauseAfter(took, interval time.Duration) time.Duration { return max(interval, share*took) }

// ask reads in a transaction that takes one core and a limited time, at the
// server too: a statement goes on there when its client gives up.
func (b *books) ask(ctx context.Context, read reading) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout+5*time.Second)
	defer cancel()
	return pgx.BeginTxFunc(ctx, b.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, limitReadSQL, strconv.FormatInt(askTimeout.Milliseconds(), 10)); err != nil {
			return err
		}
		return read(ctx, tx)
	})
}

func (b *books) readLetters(ctx context.Context, tx pgx.Tx) error {
	letters, err := settle.CountOpenDeadLetters(ctx, tx)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.letters = make(map[string]int64, len(letters))
	for _, of := range letters {
		b.letters[of.Reason] = of.Count
	}
	return nil
}

func (b *books) readBooks(ctx context.Context, tx pgx.Tx) error {
	totals, err := ledger.TrialBalance(ctx, tx)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.totals, b.checked = totals, time.Now()
	return nil
}

// Describe implements [prometheus.Collector].
func (b *books) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range []*definition{lettersOpen, trialBalance, booksChecked} {
		descs <- d.desc
	}
}

// Collect implements [prometheus.Collector].
func (b *books) Collect(metrics chan<- prometheus.Metric) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.letters != nil {
		for _, reason := range command.Reasons() {
			metrics <- lettersOpen.gauge(float64(b.letters[string(reason)]), string(reason))
		}
	}
	for _, total := range b.totals {
		difference, err := strconv.ParseFloat(total.Difference, 64)
		if err == nil {
			metrics <- trialBalance.gauge(difference, total.Currency)
		}
	}
	if !b.checked.IsZero() {
		metrics <- booksChecked.gauge(float64(b.checked.UnixMilli()) / 1000)
	}
}
