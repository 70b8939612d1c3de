//go:build chaos

package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// In a build for fault tests, SIGUSR1 makes the process say on stderr how many
// goroutines it has and how many bytes are in use after a collection.
func init() {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	go func() {
		for range asked {
			var memory runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&memory)
			fmt.Fprintf(os.Stderr, "vitals goroutines=%d heap=%d\n", runtime.NumGoroutine(), memory.HeapAlloc)
		}
	}()
}
