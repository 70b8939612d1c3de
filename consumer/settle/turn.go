package settle

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Turns has the settlers of one process write the balances of large batches one
// after the other. Two batches of thousands share some accounts, so one would wait for
// the other in Postgres anyway, in the middle of its UPDATE: with a snapshot from
// before the wait, so that each row that the other changed is looked at again.
//
// The zero value is not ready, see [NewTurns]; nil gives everybody a turn at once.
type Turns struct {
	turn chan struct{} // holds a token while somebody has the turn
}

// NewTurns returns turns for settlers to share ([Config]).
func NewTurns() *Turns { return &Turns{turn: make(chan struct{}, 1)} }

// longestTurn is when the next turn begins at the latest. Whoever takes longer waits
// for a lock that somebody else holds: the others may not need it.
const longestTurn = 300 * time.Millisecond

// take waits for the turn, which ends when it is given back or lasted too long. Who
// waited for patience goes on without. The error is that of ctx, when it ends first.
func (t *Turns) take(ctx context.Context, patience time.Duration) (giveBack func(), err error) {
	if t == nil {
		return func() {}, nil
	}
	impatient := time.NewTimer(patience)
	defer impatient.Stop()
	select {
	case t.turn <- struct{}{}:
	case <-impatient.C:
		return func() {}, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the turn to write balances: %w", ctx.Err())
	}
	end := sync.OnceFunc(func() { <-t.turn })
	overdue := time.AfterFunc(longestTurn, end)
	return func() {
		overdue.Stop()
		end()
	}, nil
}
