package integration

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// member is one of the workers.
type member struct {
	*worker
	frozen bool // by SIGSTOP
	doomed bool // it will kill itself at a crash point
}

// hire starts one more worker, of the build that can crash at a point.
func (c *chaos) hire(environment ...string) *member {
	c.t.Helper()
	m := &member{worker: c.startProcess(chaosBinary(c.t), c.workerURL(), environment), doomed: len(environment) > 0}
	c.crew = append(c.crew, m)
	return m
}

// pick draws a worker that runs and is not subject to another fault; nil when
// there is none.
func (c *chaos) pick() *member {
	var fit []*member
	for _, m := range c.crew {
		if !m.frozen && !m.doomed && !m.hasExited() {
			fit = append(fit, m)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	return fit[c.rng.IntN(len(fit))]
}

// restaff forgets workers that are gone, and hires up to the crew's size.
func (c *chaos) restaff() {
	c.t.Helper()
	for _, m := range c.crew {
		if !m.hasExited() {
			continue
		}
		if code := m.cmd.ProcessState.ExitCode(); code > 0 {
			c.t.Fatalf("worker %d ended by itself with exit %d", m.cmd.Process.Pid, code)
		}
	}
	c.crew = slices.DeleteFunc(c.crew, func(m *member) bool { return m.hasExited() })
	for len(c.crew) < crewSize {
		c.hire()
	}
}

// dismiss ends a worker with SIGTERM, which it must obey in time whatever is
// the matter with the servers.
func (c *chaos) dismiss(m *member) {
	c.t.Helper()
	if m.frozen {
		m.signal(syscall.SIGCONT)
		m.frozen = false
	}
	if m.doomed {
		m.kill()
		return
	}
	m.signal(syscall.SIGTERM)
	unborn := m.output.String() == "" // it may not have come to listen to signals
	if code := m.exitCode(30 * time.Second); code != 0 && !unborn {
		c.t.Fatalf("worker %d: exit %d after SIGTERM", m.cmd.Process.Pid, code)
	}
}

// dismissAll leaves the group without members.
func (c *chaos) dismissAll() {
	c.t.Helper()
	for _, m := range c.crew {
		c.dismiss(m)
	}
	c.crew = nil
}

// vitals are what a worker has in use when there is nothing to do.
type vitals struct{ goroutines, heap int64 }

var vitalsLine = regexp.MustCompile(`vitals goroutines=(\d+) heap=(\d+)`)

// vitals asks a worker of the chaos build how it is.
func (m *member) vitals() vitals {
	m.t.Helper()
	before := len(vitalsLine.FindAllString(m.output.String(), -1))
	m.signal(syscall.SIGUSR1)
	var v vitals
	eventually(m.t, 20*time.Second, "the worker tells its vitals", func() error {
		found := vitalsLine.FindAllStringSubmatch(m.output.String(), -1)
		if len(found) == before {
			return fmt.Errorf("worker %d has not told", m.cmd.Process.Pid)
		}
		last := found[len(found)-1]
		v.goroutines, _ = strconv.ParseInt(last[1], 10, 64)
		v.heap, _ = strconv.ParseInt(last[2], 10, 64)
		return nil
	})
	return v
}

// What a worker that went through faults may have more than a new one.
const (
	goroutinesToSpare = 16
	heapToSpare       = 32 << 20
)

// checkVitals compares each worker with one that has just begun: nothing that
// the faults made them hold may be left.
func (c *chaos) checkVitals() {
	c.t.Helper()
	fresh := c.hire()
	fresh.awaitReady()
	c.awaitDone()
	normal := fresh.vitals()
	for _, m := range c.crew {
		eventually(c.t, 30*time.Second, "a worker is back at its level", func() error {
			v := m.vitals()
			if v.goroutines > normal.goroutines+goroutinesToSpare || v.heap > normal.heap+heapToSpare {
				return fmt.Errorf("worker %d has %+v, a new one %+v", m.cmd.Process.Pid, v, normal)
			}
			return nil
		})
	}
}

func writeCounts[N int | int64](w io.Writer, counts map[string]N) {
	for _, name := range slices.SortedFunc(maps.Keys(counts), cmp.Compare[string]) {
		fmt.Fprintf(w, "%9d  %s\n", counts[name], name)
	}
}
