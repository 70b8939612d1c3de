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
		{nil, 150, 110 << 20},
		{map[string]string{"GOGC": "50"}, 100, 110 << 20},
		{map[string]string{"GOMEMLIMIT": "1GiB"}, 150, 1 << 30},
		{map[string]string{"GOGC": "50", "GOMEMLIMIT": "1GiB"}, 100, 1 << 30},
	} {
		debug.SetGCPercent(100)
		debug.SetMemoryLimit(1 << 30)
		tuneCollector(func(name string) (string, bool) {
			value, given := test.environment[name]
			return value, given
		})
		got := [2]int64{int64(debug.SetGCPercent(100)), debug.SetMemoryLimit(-1)}
		if want := [2]int64{int64(test.percent), test.memory}; got != want {
			t.Errorf("with %v: percent and bytes %v, want %v", test.environment, got, want)
		}
	}
}
