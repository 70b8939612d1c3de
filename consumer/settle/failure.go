package settle

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// failure is what kind of trouble a transaction met.
type failure int

const (
	// contended: another transaction was in the way. The same batch again.
	contended failure = iota
	// refused: the database does not take the data of some command.
	refused
	// unavailable: the database can't be worked with, or it is not known whether
	// COMMIT was executed. The same batch again, on a new connection: what was
	// committed is found as processed.
	unavailable
)

// errMoved: an account was not locked, or orders were not looked up, and what was
// decided does not hold any more. The same batch again; with locks, when it happens
// again and again.
var errMoved = errors.New("another transaction has changed what was decided on")

// ErrBlocked is returned when somebody held a lock that a batch of several slices
// needed for longer than it was waited for. Nothing of it was committed by the
// last try. Settle the slices one by one, lest one keeps the others waiting.
var ErrBlocked = errors.New("a lock was waited for in vain")

func isLockTimeout(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Code == "55P03" // lock_not_available
}

// isKnown tells whether an order could not be written because it was before.
func isKnown(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Code == "23505" // unique_violation
}

// isAssertion tells whether a statement changed fewer rows than it had to.
func isAssertion(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Code == "P0004" // assert_failure
}

// classify sorts an error of a transaction by its SQLSTATE (Postgres manual,
// appendix A). All that is not about the data or about other transactions is
// taken for a database that will be mended: nothing is dead-lettered for it.
func classify(err error) failure {
	var pgErr *pgconn.PgError
	if errors.Is(err, errMoved) {
		return contended
	}
	if !errors.As(err, &pgErr) {
		return unavailable
	}
	switch pgErr.Code {
	case "40001", "40P01", "55P03", "23505": // serialization, deadlock, lock timeout, unique
		return contended
	case "23502", "23514": // not null, check
		return refused
	}
	if strings.HasPrefix(pgErr.Code, "22") { // data exception
		return refused
	}
	return unavailable
}
