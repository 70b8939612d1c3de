package settle

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// Limits bound what one transaction may wait for. Postgres enforces them, so
// that a worker that was cut off holds no locks for long.
type Limits struct {
	// Statement bounds each statement; twice that is how long a server that says
	// nothing is waited for. Defaults to 30 seconds.
	Statement time.Duration
	// Lock bounds the wait for each lock. Defaults to 10 seconds.
	Lock time.Duration
	// Idle bounds the time between the two round trips. Defaults to 10 seconds.
	Idle time.Duration
	// Transaction bounds all of it, from Postgres 17 on: also while the server
	// waits for the rest of a round trip. Defaults to 40 seconds.
	Transaction time.Duration
}

// WithDefaults returns the limits with what is zero set to its default.
func (l Limits) WithDefaults() Limits {
	if l.Statement == 0 {
		l.Statement = 30 * time.Second
	}
	if l.Lock == 0 {
		l.Lock = 10 * time.Second
	}
	if l.Idle == 0 {
		l.Idle = 10 * time.Second
	}
	if l.Transaction == 0 {
		l.Transaction = 40 * time.Second
	}
	return l
}

// arguments are those of limitsSQL.
func (l Limits) arguments() []any {
	return []any{milliseconds(l.Statement), milliseconds(l.Lock), milliseconds(l.Idle), milliseconds(l.Transaction)}
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// limit gives a transaction that has begun the default limits, and a commit
// that lasts: one that is not a lane's locks watermarks, too.
func limit(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, limitsSQL, Limits{}.WithDefaults().arguments()...); err != nil {
		return fmt.Errorf("limit the transaction: %w", err)
	}
	return nil
}
