package integration

import (
	"testing"
	"time"
)

// eventually polls until check returns nil, and fails the test with its last
// error when that takes longer than the limit.
func eventually(t *testing.T, limit time.Duration, what string, check func() error) {
	t.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-deadline.C:
			t.Fatalf("not within %v: %s: %v", limit, what, err)
		case <-t.Context().Done():
			t.Fatalf("given up: %s: %v", what, err)
		case <-ticker.C:
		}
	}
}
