package main

import "runtime/debug"

// How a worker's garbage is collected: less often than Go would, which is a tenth of
// its CPU, unless it holds much.
const (
	collectorPercent = 150
	collectorMemory  = 110 << 20 // bytes; above them, as often as it takes
)

// tuneCollector sets what the environment does not (Go, package runtime,
// "Environment Variables").
func tuneCollector(lookupEnv func(string) (string, bool)) {
	if _, given := lookupEnv("GOGC"); !given {
		debug.SetGCPercent(collectorPercent)
	}
	if _, given := lookupEnv("GOMEMLIMIT"); !given {
		debug.SetMemoryLimit(collectorMemory)
	}
}
