//go:build !chaos

package crashpoint_test

import (
	"testing"

	"deductor/consumer/internal/crashpoint"
)

// TestReleaseDoesNotCrash: what ships takes no orders to die.
func TestReleaseDoesNotCrash(t *testing.T) {
	t.Setenv("DEDUCTOR_CRASH_AT", string(crashpoint.Decided))
	crashpoint.Reach(crashpoint.Decided)
}
