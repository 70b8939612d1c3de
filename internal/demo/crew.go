package demo

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"deductor/internal/config"
)

// crew is the worker processes.
type crew struct {
	executable string
	settings   []string
	database   string
	dir        string // of their logs
	workers    []*worker
	alive      atomic.Int64
}

func newCrew(executable string, s *stage) (*crew, error) {
	dir, err := os.MkdirTemp("", "deductor-demo-")
	if err != nil {
		return nil, err
	}
	return &crew{executable: executable, dir: dir, database: s.workerURL, settings: append(plainEnvironment(),
		config.EnvName("kafka-brokers")+"="+strings.Join(s.kafka.Brokers(), ","),
		config.EnvName("kafka-topic")+"="+topic,
		config.EnvName("kafka-group")+"="+group,
		config.EnvName("session-timeout")+"="+sessionTimeout.String(),
		config.EnvName("admin-addr")+"=127.0.0.1:0",
		config.EnvName("log-format")+"=text",
	)}, nil
}

// plainEnvironment is this process's without what configures another Deductor.
func plainEnvironment() []string {
	var plain []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, config.EnvPrefix) {
			plain = append(plain, variable)
		}
	}
	return plain
}

// start starts one more.
func (c *crew) start() (*worker, error) {
	name := fmt.Sprintf("worker-%d", len(c.workers)+1)
	// By its name the database's sessions are told apart.
	database := c.database + "&application_name=" + name
	settings := slices.Concat(c.settings, []string{
		config.EnvName("instance") + "=" + name,
		config.EnvName("database-url") + "=" + database,
	})
	w, err := startWorker(c.executable, name, c.dir, settings)
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
		if w.alive() {
			alive++
		} else if err := w.lost(); err != nil {
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
	var asked []*worker
	for _, w := range c.workers {
		if w.alive() {
			w.ask()
			asked = append(asked, w)
		}
	}
	for _, w := range asked {
		errs = append(errs, w.await())
	}
	return errors.Join(errs...)
}

func lastLine(text []byte) string {
	text = bytes.TrimSpace(text)
	return string(text[bytes.LastIndexByte(text, '\n')+1:])
}
