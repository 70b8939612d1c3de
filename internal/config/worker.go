package config

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/pflag"
)

// Worker says how one worker works.
type Worker struct {
	// Instance is the worker's name for operators. Defaults to host and process id.
	Instance string
	// Lanes is how many transactions run side by side. Defaults to 3.
	Lanes int
	// BatchMax is the most commands in one transaction. Defaults to 5,000.
	BatchMax int
	// Quarantine holds an account's commands back behind its dead letters.
	Quarantine bool
	// SessionTimeout is after how long without a sign of life the group gives a
	// worker's partitions to others. Defaults to 10 seconds.
	SessionTimeout time.Duration
}

// Bind defines the flags.
func (w *Worker) Bind(flags *pflag.FlagSet) {
	flags.StringVar(&w.Instance, "instance", "", "the worker's `NAME` for operators (default host and process id)")
	flags.IntVar(&w.Lanes, "lanes", 3, "`N` transactions side by side, each on a connection of its own")
	flags.IntVar(&w.BatchMax, "batch-max", 5000, "`N` commands at most in one transaction")
	flags.BoolVar(&w.Quarantine, "quarantine", false,
		"set an account's new commands aside while one of its dead letters is open, to keep their order")
	flags.DurationVar(&w.SessionTimeout, "session-timeout", 10*time.Second,
		"`TIME` without a sign of life after which others take a worker's partitions")
	optional(flags, "instance", "lanes", "batch-max", "quarantine", "session-timeout")
}

// Validate refuses numbers that no worker can work with, with an [*InvalidError].
func (w *Worker) Validate() error {
	switch {
	case w.Lanes < 1:
		return &InvalidError{"lanes", fmt.Errorf("it is %d: it must be at least 1", w.Lanes)}
	case w.BatchMax < 1:
		return &InvalidError{"batch-max", fmt.Errorf("it is %d: it must be at least 1", w.BatchMax)}
	case w.SessionTimeout < time.Second:
		return &InvalidError{"session-timeout", fmt.Errorf("it is %v: it must be at least 1s", w.SessionTimeout)}
	}
	return nil
}

// Owner is the worker's name: Instance, or host and process id.
func (w *Worker) Owner() (string, error) {
	if w.Instance != "" {
		return w.Instance, nil
	}
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("find the host's name (or give --instance): %w", err)
	}
	return fmt.Sprintf("%s-%d", host, os.Getpid()), nil
}
