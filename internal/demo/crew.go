package demo

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"deductor/internal/child"
	"deductor/internal/config"
)

// crew is the worker processes.
type crew struct {
	executable string
	settings   []string
	database   string
	dir        string // of their logs
	workers    []*child.Worker
	alive      atomic.Int64
}

func newCrew(executable string, s *stage) (*crew, error) {
	dir, err := os.MkdirTemp("", "deductor-demo-")
	if err != nil {
		return nil, err
	}
	return &crew{executable: executable, dir: dir, database: s.workerURL, settings: append(child.Environment(),
		config.EnvName("kafka-brokers")+"="+strings.Join(s.kafka.Brokers(), ","),
		config.EnvName("kafka-topic")+"="+topic,
		config.EnvName("kafka-group")+"="+group,
		config.EnvName("session-timeout")+"="+sessionTimeout.String(),
		config.EnvName("admin-addr")+"=127.0.0.1:0",
		config.EnvName("log-format")+"=text",
	)}, nil
}

// start starts one more.
func (c *crew) start() (*child.Worker, error) {
	name := fmt.Sprintf("worker-%d", len(c.workers)+1)
	// By its name the database's sessions are told apart.
	database := c.database + "&application_name=" + name
	settings := slices.Concat(c.settings, []string{
		config.EnvName("instance") + "=" + name,
		config.EnvName("database-url") + "=" + database,
	})
	w, err := child.Start(c.executable, name, c.dir, settings)
	if err != nil {
		return nil, err
	}
	c.workers = append(c.workers, w)
	return w, nil
}

// look counts those alive, and returns the error of one that ended by itself.
func (c *crew) look() error {
	var alive int64
	var lost error
	for _, w := range c.workers {
		if w.Alive() {
			alive++
		} else if err := w.Lost(); err != nil {
			lost = err
		}
	}
	c.alive.Store(alive)
	return lost
}

// stop stops all, and returns when they are gone. The error says which of them
// did not end well.
func (c *crew) stop() error {
	var errs []error
	var asked []*child.Worker
	for _, w := range c.workers {
		if w.Alive() {
			w.Ask()
			asked = append(asked, w)
		}
	}
	for _, w := range asked {
		errs = append(errs, w.Await())
	}
	return errors.Join(errs...)
}
