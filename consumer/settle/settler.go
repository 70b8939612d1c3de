package settle

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"deductor/consumer/command"
	"deductor/ledger"
)

// Config says how a [Settler] reaches the database.
type Config struct {
	// Connect opens the connection that the settler owns, and again after it
	// was lost. Required.
	Connect func(context.Context) (*pgx.Conn, error)
	// Limits bound what a transaction may wait for.
	Limits Limits
	// Quarantine sets the new commands of an account aside as long as one of its
	// dead letters is open, so that its commands keep their order. Defaults to off.
	Quarantine bool
	// Many is from how many records on a batch is written by COPY, with round trips
	// of its own, and its orders are expected to be like those before. Defaults to
	// 200.
	Many int
	// Turns are shared by settlers that would be in each other's way. A turn is waited for
	// half as long as Limits.Idle at most. Defaults to none.
	Turns *Turns
	// Accounts are shared by settlers on one database. Large batches of new orders decide on
	// what it knows, in place of reading. Defaults to none.
	Accounts *ledger.Cache
	// OnTrouble is called with each error that keeps the database from being
	// worked with, and with nil after the next success. Transactions that were
	// in each other's way are none, unless they stay so. Defaults to nothing.
	OnTrouble func(error)
	// Observer is told what becomes of transactions. Defaults to nobody.
	Observer Observer
}

// Settler settles one batch after the other on a connection of its own. It
// belongs to one goroutine.
type Settler struct {
	config Config
	conn   *pgx.Conn
	ids    ledger.IDs
	failed bool
	wary   int  // batches until orders are expected to be new again
	misled int  // batches until accounts are guessed again
	known  bool // all orders of the last batch were that had records
}

// NewSettler returns a settler that has not connected yet.
func NewSettler(config Config) *Settler {
	config.Limits = config.Limits.WithDefaults()
	if config.Many == 0 {
		config.Many = 200
	}
	if config.OnTrouble == nil {
		config.OnTrouble = func(error) {}
	}
	if config.Observer == nil {
		config.Observer = unobserved{}
	}
	return &Settler{config: config}
}

// unlocked is how many tries a batch has before its accounts are locked first.
// Locks of accounts are taken before those of orders then, the other way round
// than by all others: a deadlock is possible, and costs a try more.
const unlocked = 3

// stuck is after how many tries contention is told as trouble.
const stuck = 20

// roundTrips bounds a whole transaction, connecting included, should the server
// be gone without a word: its statements are bounded by Postgres.
func (l Limits) roundTrips() time.Duration { return 2 * l.Statement }

// Settle gives every record of the batch its outcome and commits, and returns
// how many there were of each. It returns early only with a [*FenceError], when
// slices are no longer this worker's to commit (records before them may then
// have been settled, if a command had to be singled out), or when ctx ends.
//
// A batch of several slices that waits for a lock longer than [Limits] allows comes
// back with [ErrBlocked]: give the slices one by one.
//
// Everything else is tried again for as long as ctx allows: what is in the way
// is the database's or another worker's, not the records'. A command whose data
// the database refuses is singled out by halving the batch, and dead-lettered
// (its [Item] says so from then on).
func (s *Settler) Settle(ctx context.Context, batch []Slice) (Counts, error) {
	expects := s.expects(batch)
	return s.run(ctx, batch, task{
		admit:   func(batch []Slice) admission { return newReading(batch, s.config.Quarantine) },
		locks:   s.config.Quarantine,
		expects: expects,
		guesses: s.guesses(expects),
		parts:   true,
		done: func(t *transaction) {
			s.learn(t)
			s.config.Observer.Committed(t.report())
		},
	})
}

// run takes a batch through one transaction after the other, until it is
// settled.
func (s *Settler) run(ctx context.Context, batch []Slice, job task) (Counts, error) {
	moved := 0
	for attempt := 0; ; attempt++ {
		counts, err := s.try(ctx, batch, job)
		var fenced *FenceError
		switch {
		case err == nil:
			s.succeeded()
			return counts, nil
		case errors.As(err, &fenced), errors.Is(err, ErrBlocked):
			s.succeeded()
			return counts, err
		case ctx.Err() != nil:
			return counts, fmt.Errorf("settle: %w", ctx.Err())
		}
		if s.disappointed(&job, err) {
			continue
		}
		s.config.Observer.Retried(StateOf(err))
		if errors.Is(err, errMoved) {
			moved++
			job.locks = job.locks || moved == unlocked
		}
		kind := classify(err)
		if kind == refused && singleOut(batch, err) {
			attempt = -1
			continue
		}
		if kind == refused && size(batch) > 1 {
			return s.runHalves(ctx, batch, job)
		}
		if kind != contended || attempt >= stuck {
			s.failed = true
			s.config.OnTrouble(err)
		}
		if err := pause(ctx, attempt); err != nil {
			return counts, fmt.Errorf("settle: %w", err)
		}
	}
}

// try runs one transaction, and leaves the connection ready for the next.
func (s *Settler) try(ctx context.Context, batch []Slice, job task) (Counts, error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.Limits.roundTrips())
	defer cancel()
	if s.conn == nil || s.conn.IsClosed() {
		conn, err := s.config.Connect(ctx)
		if err != nil {
			return Counts{}, err
		}
		s.conn = conn
	}
	t := newTransaction(batch, job, &s.ids)
	t.many, t.turns, t.patience = int64(s.config.Many), s.config.Turns, s.config.Limits.Idle/2
	err := t.run(ctx, s.conn, s.config.Limits)
	if err == nil {
		job.done(t)
		return t.counts, nil
	}
	if t.commitSent && s.conn.IsClosed() {
		s.config.Observer.CommitUnknown()
	}
	if rollbackErr := s.rollback(ctx); rollbackErr != nil { // whatever it was before, now the connection is lost
		err = fmt.Errorf("roll back: %w (after %s)", rollbackErr, err.Error())
	}
	if classify(err) == unavailable {
		s.Close()
	}
	if job.parts && len(batch) > 1 && isLockTimeout(err) {
		s.config.Observer.Retried(StateOf(err))
		err = fmt.Errorf("%w: %w", ErrBlocked, err)
	}
	return Counts{}, err
}

func (s *Settler) rollback(ctx context.Context) error {
	if s.conn.IsClosed() {
		return nil
	}
	_, err := s.conn.Exec(ctx, "ROLLBACK")
	return err
}

// runHalves narrows down on a command that the database refuses.
func (s *Settler) runHalves(ctx context.Context, batch []Slice, job task) (Counts, error) {
	first, second := halve(batch)
	counts, err := s.run(ctx, first, job)
	if err != nil {
		return counts, err
	}
	rest, err := s.run(ctx, second, job)
	counts.Add(rest)
	return counts, err
}

// singleOut changes what becomes of a batch's only record, which the database
// refused. A command is dead-lettered. A dead letter (its text is not what a
// database with another encoding than UTF-8 takes) loses its order id, its
// account and all but the ASCII of its detail; the record itself is bytes. It tells whether
// there was anything to change.
func singleOut(batch []Slice, cause error) bool {
	if size(batch) != 1 {
		return false
	}
	item := only(batch)
	if item.Rejection == nil {
		item.Rejection = &command.Rejection{
			Reason: command.ReasonDatabaseRefused, Detail: detailOf(cause),
			OrderID: item.Command.OrderID, Account: item.Command.Account}
		return true
	}
	plain := command.Rejection{Reason: item.Rejection.Reason, Detail: strings.Map(inASCII, item.Rejection.Detail)}
	changed := plain != *item.Rejection
	item.Rejection = &plain
	return changed
}

// only returns the item of a batch that has no other.
func only(batch []Slice) *Item {
	i := slices.IndexFunc(batch, func(s Slice) bool { return len(s.Items) > 0 })
	return &batch[i].Items[0]
}

func inASCII(r rune) rune {
	if r < ' ' || r > '~' {
		return '?'
	}
	return r
}

func detailOf(cause error) string {
	var pgErr *pgconn.PgError
	if errors.As(cause, &pgErr) {
		return fmt.Sprintf("SQLSTATE %s: %s", pgErr.Code, pgErr.Message)
	}
	return cause.Error()
}

func (s *Settler) succeeded() {
	if s.failed {
		s.failed = false
		s.config.OnTrouble(nil)
	}
}

// Close closes the connection. The next batch opens another. Transfer ids that
// were reserved on it are given up: the next one may be to a database that was
// put back, or to a standby, which gives the same ids to others.
func (s *Settler) Close() {
	s.ids = ledger.IDs{}
	if s.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.conn.Close(ctx) // nothing is open on it that could be lost
	s.conn = nil
}

// pause waits before the next try: a few milliseconds at first, five seconds at
// most, each time a random part of it, so that workers don't come in step.
func pause(ctx context.Context, attempt int) error {
	longest := min(5*time.Second, 10*time.Millisecond<<min(attempt, 10))
	timer := time.NewTimer(longest/2 + rand.N(longest/2)) //nolint:gosec // jitter, not a secret
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
