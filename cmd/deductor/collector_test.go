package main

import (
	"runtime/debug"
	"testing"
)

// What the environment says of the collector stands. Not parallel: it is the process's.
func TestCollectorIsTuned(t *testing.T) {
	percent, memory := debug.SetGCPercent(100), debug.SetMemoryLimit(-1)
	t.Cleanup(func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(memory)
	})
	for _, test := range []struct {
		environment map[string]string
		percent     int
		memory      int64
	}{
		{nil, 200, 160 << 20},
		{map[string]string{"GOGC": "50"}, 100, 160 << 20},
		{map[string]string{"GOMEMLIMIT": "1GiB"}, 200, 1 << 30},
		{map[string]string{"GOGC": "50", "GOMEMLIMIT": "1GiB"}, 100, 1 << 30},
	} {
		debug.SetGCPercent(100)
		debug.SetMemoryLimit(1 << 30)
		tuneCollector(func(name string) (string, bool) {
			value, given := test.environment[name]
			return value, given
		})
		if percent, memory := debug.SetGCPercent(100), debug.SetMemoryLimit(-1); percent != test.percent || memory != test.memory {
			t.Errorf("with %v: %d %% and %d bytes, want %d %% and %d", test.environment, percent, memory, test.percent, test.memory)
		}
	}
}
