package console

import "context"

// gate lets one in at a time.
type gate chan struct{}

func newGate() gate { return make(gate, 1) }

// try enters if nobody is in.
func (g gate) try() bool {
	select {
	case g <- struct{}{}:
		return true
	default:
		return false
	}
}

// enter waits for the turn.
func (g gate) enter(ctx context.Context) error {
	select {
	case g <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g gate) leave() { <-g }
