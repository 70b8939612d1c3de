package prune

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/intake"
	"deductor/consumer/settle"
	"deductor/dedupe"
	"deductor/internal/progress"
)

// Config says what to prune.
type Config struct {
	// Conn is the owner's connection, used for nothing else and closed
	// afterwards: it gets temporary tables.
	Conn *pgx.Conn
	// Cluster connects to the brokers for a topic. Each is closed by Run.
	Cluster func(topic string) (*intake.Cluster, error)
	// Topic and Group are those of the workers. Other topics and groups that the
	// database knows are looked at too.
	Topic, Group string
	// Deleted are topics that no longer exist, on any brokers: their records are
	// gone.
	Deleted []string
	// Before is the horizon.
	Before time.Time
	// Actor and Reason say who and why.
	Actor, Reason string
	// Execute does it. Otherwise it is only found out what would be done.
	Execute bool
	// Progress shows how far it is.
	Progress io.Writer
}

// Report is what was done, or would be.
type Report struct {
	// Records is how many offsets of the logs were read.
	Records int64
	// Pruned counts the orders.
	dedupe.Pruned
}

// RefusedError says why nothing was pruned, and what to do about it.
type RefusedError struct{ Why string }

// Error says why.
func (e *RefusedError) Error() string { return e.Why }

func refuse(format string, args ...any) error { return &RefusedError{fmt.Sprintf(format, args...)} }

// run is one prune on its way.
type run struct {
	Config
	pruner  *dedupe.Pruner
	inForce time.Time // the horizon that was recorded before; zero without
	sources []settle.Source
	topics  map[string]*topic // those that exist
	records int64
}

// Run prunes. Errors are a [*RefusedError] or a [*dedupe.HorizonError] when it
// does not fit what the logs hold and the database knows, and those of the
// brokers and the database. After an error the report tells how far it came.
func (c Config) Run(ctx context.Context) (Report, error) {
	r := &run{Config: c, topics: make(map[string]*topic)}
	defer r.close()
	pruned, err := r.run(ctx)
	return Report{Records: r.records, Pruned: pruned}, err
}

func (r *run) run(ctx context.Context) (none dedupe.Pruned, err error) {
	if err := r.checkHorizon(ctx); err != nil {
		return none, err
	}
	if err := r.look(ctx); err != nil {
		return none, err
	}
	if r.pruner, err = dedupe.NewPruner(ctx, r.Conn); err != nil {
		return none, err
	}
	if err := r.pruner.Gone(ctx, r.gone()); err != nil {
		return none, err
	}
	if err := r.scanAll(ctx, (*topic).toStable, r.olderRefused); err != nil {
		return none, err
	}
	if r.Execute {
		if err := r.putInForce(ctx); err != nil {
			return none, err
		}
	}
	if err := r.keepDeadLetters(ctx); err != nil {
		return none, err
	}
	return r.prune(ctx)
}

func (r *run) checkHorizon(ctx context.Context) error {
	recorded, err := dedupe.Horizons(ctx, r.Conn)
	if err != nil {
		return err
	}
	if inForce := dedupe.InForce(recorded); inForce != nil {
		r.inForce = inForce.Before
	}
	return dedupe.CheckHorizon(r.Before, recorded)
}

// putInForce records the horizon, and reads what was written to the logs before
// all workers knew it.
func (r *run) putInForce(ctx context.Context) error {
	horizon := dedupe.Horizon{Before: r.Before, Actor: r.Actor, Reason: r.Reason}
	if err := settle.RecordHorizon(ctx, r.Conn, horizon); err != nil {
		return err
	}
	for _, t := range r.topics {
		if err := t.lookAgain(ctx); err != nil {
			return err
		}
	}
	return r.scanAll(ctx, (*topic).toEnd, nil)
}

// deadLetterPage is how many orders of dead letters are taken at a time.
const deadLetterPage = 10_000

// keepDeadLetters keeps the orders of dead letters: an operator may send those
// again at any time.
func (r *run) keepDeadLetters(ctx context.Context) error {
	for after := ""; ; {
		ids, err := settle.DeadLetterOrders(ctx, r.Conn, after, deadLetterPage)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			return nil
		}
		if err := r.pruner.Keep(ctx, ids); err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
}

func (r *run) prune(ctx context.Context) (dedupe.Pruned, error) {
	var counter *progress.Counter
	var line *progress.Line
	defer func() {
		if line != nil {
			line.Stop()
		}
	}()
	last := int64(0)
	return r.pruner.Run(ctx, r.Before, r.Execute, func(done, pages int64) {
		if line == nil {
			counter = progress.NewCounter("pages of orders looked at", pages)
			line = progress.Start(r.Progress, counter.Line)
		}
		counter.Add(done - last)
		last = done
	})
}

func (r *run) close() {
	for _, t := range r.topics {
		t.cluster.Close()
	}
}

// errRunAgain says that the logs changed in the wrong moment.
var errRunAgain = errors.New("nothing was deleted, run it again")
