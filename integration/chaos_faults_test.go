package integration

import (
	"fmt"
	"syscall"
	"time"
)

// servers are what a fault takes away, or has to have to itself.
type servers int

const (
	kafkaServer servers = 1 << iota
	postgresServer
)

// fault is one way in which things go wrong.
type fault struct {
	name string
	// takes are servers that don't answer while it lasts, needs those that it
	// asks something itself.
	takes, needs servers
	// shortest and longest bound how long it lasts.
	shortest, longest time.Duration
	// when tells whether it can begin; nil for always.
	when func(c *chaos) bool
	// begin begins it; what it returns ends it. nil: it is over.
	begin func(c *chaos) (end func())
}

var faults = append(append(append(workerFaults, crashes()...), kafkaFaults...), postgresFaults...)

var workerFaults = []fault{
	{name: "worker: SIGKILL", begin: func(c *chaos) func() {
		if m := c.pick(); m != nil {
			m.kill()
		}
		return nil
	}},
	{name: "worker: SIGKILL for all", begin: func(c *chaos) func() {
		for _, m := range c.crew {
			m.kill()
		}
		return nil
	}},
	{name: "worker: SIGTERM", begin: func(c *chaos) func() {
		if m := c.pick(); m != nil {
			c.dismiss(m)
		}
		return nil
	}},
	{name: "worker: SIGTERM storm", begin: func(c *chaos) func() {
		for range 6 {
			if m := c.pick(); m != nil {
				c.dismiss(m)
			}
			c.restaff()
			c.pass(time.Duration(c.rng.Int64N(int64(500 * time.Millisecond))))
		}
		return nil
	}},
	{name: "worker: SIGSTOP past the session timeout, then SIGCONT",
		shortest: 5 * time.Second, longest: 9 * time.Second, begin: freeze},
	{name: "worker: SIGSTOP for a moment",
		shortest: 100 * time.Millisecond, longest: 3 * time.Second, begin: freeze},
	{name: "group: a worker started every second", begin: func(c *chaos) func() {
		for range 4 {
			c.hire()
			c.pass(time.Second)
		}
		return func() {
			for len(c.crew) > crewSize {
				c.dismiss(c.crew[0])
				c.crew = c.crew[1:]
			}
		}
	}},
}

func freeze(c *chaos) func() {
	m := c.pick()
	if m == nil {
		return nil
	}
	m.signal(syscall.SIGSTOP)
	m.frozen = true
	return func() {
		m.signal(syscall.SIGCONT)
		m.frozen = false
	}
}

// crashPoints are the steps at which a worker of the chaos build can die.
var crashPoints = []string{"fetched", "fence-sent", "locked", "decided", "commit-sent", "committed", "offset-committed"}

// crashes kill a worker at each step of a payment's way.
func crashes() []fault {
	all := make([]fault, len(crashPoints))
	for i, point := range crashPoints {
		all[i] = fault{name: "worker: to crash at " + point,
			shortest: 2 * time.Second, longest: 8 * time.Second,
			begin: func(c *chaos) func() {
				if m := c.pick(); m != nil {
					m.kill()
				}
				doomed := c.hire(fmt.Sprintf("DEDUCTOR_CRASH_AT=%s:%d", point, 1+c.rng.IntN(20)))
				return func() {
					if doomed.hasExited() {
						c.tally.faults["worker: crashed at "+point]++
					}
					doomed.kill()
				}
			}}
	}
	return all
}
