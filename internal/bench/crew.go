package bench

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"deductor/internal/child"
	"deductor/internal/config"
)

// crew is workers that share a topic: this program, run as its users run it.
type crew struct {
	bench   *bench
	books   *books
	topic   *topic
	group   string
	workers []*child.Worker
	peak    *float64 // bytes; read before the workers end
}

func (b *bench) newCrew(books *books, t *topic, group string) *crew {
	return &crew{bench: b, books: books, topic: t, group: group}
}

// start starts one more.
func (c *crew) start() (*child.Worker, error) {
	c.bench.started++
	name := fmt.Sprintf("worker-%d", c.bench.started)
	settings := slices.Concat(child.Environment(), c.bench.place.settings)
	for flag, value := range map[string]string{
		"kafka-topic":  c.topic.name,
		"kafka-group":  c.group,
		"database-url": c.books.url,
		"admin-addr":   "127.0.0.1:0",
		"log-format":   "json",
		"instance":     name,
		"lanes":        strconv.Itoa(c.bench.cfg.Lanes),
		"batch-max":    strconv.Itoa(c.bench.cfg.BatchMax),
	} {
		settings = append(settings, config.EnvName(flag)+"="+value)
	}
	w, err := child.Start(c.bench.cfg.Executable, name, c.bench.place.logs, settings)
	if err != nil {
		return nil, err
	}
	c.workers = append(c.workers, w)
	return w, nil
}

// look returns the error of a worker that ended by itself.
func (c *crew) look() error {
	for _, w := range c.workers {
		if err := w.Lost(); err != nil {
			return err
		}
	}
	return nil
}

// stop has all finish and end, and returns when they are gone. It may be called
// again.
func (c *crew) stop() error {
	var asked []*child.Worker
	for _, w := range c.workers {
		if w.Alive() {
			if peak := peakMemory(w.PID()); peak != nil && (c.peak == nil || *peak > *c.peak) {
				c.peak = peak
			}
			w.Ask()
			asked = append(asked, w)
		}
	}
	var errs []error
	for _, w := range asked {
		errs = append(errs, w.Await())
	}
	return errors.Join(errs...)
}

// cpu is what the workers have used, from their start to their end.
func (c *crew) cpu() (sum time.Duration) {
	for _, w := range c.workers {
		if state := w.State(); state != nil {
			sum += state.UserTime() + state.SystemTime()
		}
	}
	return sum
}

// firstAssigned is when the first of the workers could begin to fetch: it says
// so in its log when it has taken a partition over, right before. Looking for
// the first rows instead would leave out the first fetch and transaction.
func (c *crew) firstAssigned() (first time.Time, err error) {
	for _, w := range c.workers {
		at, err := assignedAt(w.Log)
		if err != nil {
			return first, err
		}
		if !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	if first.IsZero() {
		return first, errors.New("no worker's log says that a partition was assigned")
	}
	return first, nil
}

// assignedAt is zero when the log does not tell.
func assignedAt(log string) (time.Time, error) {
	file, err := os.Open(log) //nolint:gosec // a log of a worker that was started here
	if err != nil {
		return time.Time{}, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var entry struct {
			Time time.Time `json:"time"`
			Msg  string    `json:"msg"`
		}
		if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Msg == "partition assigned" {
			return entry.Time, nil
		}
	}
	return time.Time{}, lines.Err()
}
