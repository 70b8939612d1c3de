package pgtest

import (
	"context"
	"fmt"
	"testing"
)

// ForExample is [New] for an example, which has no test to end with: drop does
// what the end of a test does. It panics where a test would fail.
func ForExample() (db *DB, drop func()) {
	s := &stage{}
	return New(s), s.end
}

// stage is as much of a test as [New] needs.
type stage struct {
	testing.TB
	cleanups []func()
}

func (s *stage) Helper() {}

func (s *stage) Context() context.Context { return context.Background() }

func (s *stage) Cleanup(cleanup func()) { s.cleanups = append(s.cleanups, cleanup) }

func (s *stage) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

func (s *stage) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func (s *stage) end() {
	for _, cleanup := range s.cleanups {
		cleanup()
	}
}
