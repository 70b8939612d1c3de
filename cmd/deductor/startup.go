package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"deductor/consumer"
	"deductor/internal/migrate"
)

// startup is a worker before and while it runs, as the admin server shows it.
type startup struct {
	worker  *consumer.Worker
	waiting atomic.Pointer[error] // for the database; nil once it was found fit
}

var errNotAsked = errors.New("the database was not reached yet")

func newStartup(worker *consumer.Worker) *startup {
	s := &startup{worker: worker}
	s.waiting.Store(&errNotAsked)
	return s
}

// checks are the worker's, once the database was found fit.
func (s *startup) checks() []consumer.Check {
	if err := s.waiting.Load(); err != nil {
		return []consumer.Check{{Name: "database", Err: *err}}
	}
	return s.worker.Checks()
}

// Waits between two tries to reach the database.
const (
	firstWait = 250 * time.Millisecond
	longWait  = 5 * time.Second
)

// awaitDatabase tries until the database answers and has this binary's schema.
// The error is one that waiting does not mend; nil when ctx ends.
func (s *startup) awaitDatabase(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) error {
	began, wait, said := time.Now(), firstWait, false
	for {
		err := checkSchema(ctx, pool)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			if said {
				log.Info("database reached", "after", time.Since(began).Round(time.Millisecond))
			}
			s.waiting.Store(nil)
			return nil
		case !passing(err):
			return fmt.Errorf("database: %w", err)
		}
		if s.waiting.Store(&err); !said {
			log.Error("database can't be reached, trying again", "error", err)
			said = true
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait/2 + rand.N(wait/2)): //nolint:gosec // jitter: many workers may start together
			wait = min(2*wait, longWait)
		}
	}
}

func checkSchema(ctx context.Context, pool *pgxpool.Pool) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	return fits(ctx, conn.Conn())
}

// fits tells whether the database has this binary's schema. A server that took
// the connection may still fall silent: the look may take as long as connecting.
func fits(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, conn.Config().ConnectTimeout)
	defer cancel()
	return migrate.Check(ctx, conn)
}

// passing tells whether waiting may mend the error: no answer, or one of a
// server that starts, stops or has no more room (Postgres manual, appendix A:
// classes 08, 53, 57). What else a server says, it says again.
func passing(err error) bool {
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		class := answer.Code[:min(2, len(answer.Code))]
		return class == "08" || class == "53" || class == "57"
	}
	var missing *migrate.MissingError
	var newer *migrate.NewerError
	var changed *migrate.ChangedError
	var encoding *migrate.EncodingError
	return !errors.As(err, &missing) && !errors.As(err, &newer) && !errors.As(err, &changed) &&
		!errors.As(err, &encoding)
}
