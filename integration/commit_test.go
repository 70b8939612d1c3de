package integration

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// commitTap sees transactions end: the client's COMMIT before the server does,
// and the server's answer before the client does. It knows no more of the
// protocol (Postgres manual, "Message Formats") than that takes.
type commitTap struct {
	mayCommit   func() bool // false: COMMIT does not reach the server
	mayBeHeard  func() bool // false: it was executed, and the answer is lost
	client      tail
	server      tail
	commitNamed []byte // the prepared statement COMMIT, once it has a name
}

func (c *commitTap) tap() tap { return tap{c.fromClient, c.fromServer} }

// committedTag is the server's message CommandComplete for COMMIT.
var committedTag = []byte("C\x00\x00\x00\x0bCOMMIT\x00")

func (c *commitTap) fromServer(chunk []byte) int {
	if c.server.find(chunk, committedTag) < 0 || c.mayBeHeard() {
		return len(chunk)
	}
	return 0
}

// fromClient looks for Bind of the statement that a Parse before it named. What
// comes before Bind passes.
func (c *commitTap) fromClient(chunk []byte) int {
	if c.commitNamed == nil {
		c.commitNamed = parsedAsCommit(c.client.joined(chunk))
	}
	if c.commitNamed == nil {
		c.client.keep(chunk)
		return len(chunk)
	}
	at := c.client.find(chunk, c.commitNamed)
	if at < 0 || c.mayCommit() {
		return len(chunk)
	}
	return max(0, at-len("B...."))
}

// parsedAsCommit returns what is to be found in a Bind of the statement COMMIT:
// the empty name of its portal, then that of the statement.
func parsedAsCommit(sent []byte) []byte {
	end := bytes.Index(sent, []byte("\x00COMMIT\x00"))
	if end < 0 {
		return nil
	}
	start := bytes.LastIndexByte(sent[:end], 'P') + len("P....")
	return append(append([]byte{0}, sent[start:end]...), 0)
}

// tail is the end of what one side has sent, for what is in two chunks.
type tail struct{ kept []byte }

const longest = 128

func (t *tail) joined(chunk []byte) []byte { return append(bytes.Clone(t.kept), chunk...) }

func (t *tail) keep(chunk []byte) {
	all := t.joined(chunk)
	t.kept = all[max(0, len(all)-longest):]
}

// find returns where in this chunk begins what ends in it, -1 when nothing
// does; what began in the chunk before is found at 0.
func (t *tail) find(chunk, what []byte) int {
	t.kept = t.kept[max(0, len(t.kept)-len(what)+1):]
	before := len(t.kept)
	at := bytes.Index(t.joined(chunk), what)
	t.keep(chunk)
	if at < 0 {
		return -1
	}
	return max(0, at-before)
}

// saboteur cuts connections at a part of the commits, at random, while it is on.
type saboteur struct {
	mu       sync.Mutex
	rng      *rand.Rand
	on       bool
	row, cut int // cuts one after the other, and in all
	longest  int // row
}

func (s *saboteur) mayPass() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.on || s.rng.IntN(2) == 0 {
		s.row = 0
		return true
	}
	s.row++
	s.cut++
	s.longest = max(s.longest, s.row)
	return false
}

func (s *saboteur) turn(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on = on
}

func (s *saboteur) done() (cut, longest int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cut, s.longest
}

func TestPromise1_ConnectionsEndAtCommit(t *testing.T) {
	t.Parallel()
	always := func() bool { return true }
	for name, sabotaged := range map[string]func(*saboteur) *commitTap{
		"before it arrives":     func(s *saboteur) *commitTap { return &commitTap{mayCommit: s.mayPass, mayBeHeard: always} },
		"before it is answered": func(s *saboteur) *commitTap { return &commitTap{mayCommit: always, mayBeHeard: s.mayPass} },
		"both": func(s *saboteur) *commitTap {
			return &commitTap{mayCommit: s.mayPass, mayBeHeard: s.mayPass}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, 4)
			e.openAccounts(customers(100, 1_000_000)...)
			rng := random(t)
			s := &saboteur{rng: rand.New(rand.NewPCG(rng.Uint64(), 0))}
			e.behindProxy().watch(func() tap { return sabotaged(s).tap() })
			workers := e.startWorkers(2)
			s.turn(true)
			stop := e.keepLoading(100)
			eventually(t, 2*time.Minute, "enough commits were cut off", func() error {
				if cut, longest := s.done(); cut < 30 || longest < 4 {
					return fmt.Errorf("%d were, %d in a row", cut, longest)
				}
				return nil
			})
			s.turn(false)
			stop()
			e.expectOnce(workers...)
			cut, longest := s.done()
			t.Logf("%d commits were cut off, up to %d in a row", cut, longest)
		})
	}
}
