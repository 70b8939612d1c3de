package consumer

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// health is what troubles the worker now. Each trouble is told once when it
// begins and once when it ends.
type health struct {
	logger *slog.Logger

	mu       sync.Mutex
	troubles map[string]trouble
}

type trouble struct {
	err   error
	since time.Time
}

func newHealth(logger *slog.Logger) *health {
	return &health{logger: logger, troubles: make(map[string]trouble)}
}

// set notes that something fails, or works again (nil).
func (h *health) set(what string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before, was := h.troubles[what]
	switch {
	case err == nil && was:
		delete(h.troubles, what)
		h.logger.Info(what+": works again", "after", time.Since(before.since).Round(time.Millisecond))
	case err != nil && !was:
		h.troubles[what] = trouble{err, time.Now()}
		h.logger.Warn(what+": failed, trying again", "error", err)
	case err != nil:
		h.troubles[what] = trouble{err, before.since}
	}
}

// forget drops a trouble that is no longer this worker's, mended or not.
func (h *health) forget(what string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if before, was := h.troubles[what]; was {
		delete(h.troubles, what)
		h.logger.Info(what+": no longer this worker's", "after", time.Since(before.since).Round(time.Millisecond))
	}
}

// has tells whether something fails.
func (h *health) has(what string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, fails := h.troubles[what]
	return fails
}

// err joins all troubles, in the order of their names; nil when there is none.
func (h *health) err() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var errs []error
	for _, what := range slices.Sorted(maps.Keys(h.troubles)) {
		t := h.troubles[what]
		errs = append(errs, fmt.Errorf("%s: failing since %s: %w", what, t.since.UTC().Format(time.RFC3339), t.err))
	}
	return errors.Join(errs...)
}
