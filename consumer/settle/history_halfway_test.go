package settle_test

import (
	"sync/atomic"
	"time"
)

// halfway is a process that stands in the middle of a transaction, with its
// locks.
type halfway struct {
	*run
	stands, goes chan struct{}
	how          verdict // what becomes of the connection when it goes on
	pid          uint32
	// moved is closed when what it had decided did not hold any more when it went on,
	// and it rolled back. It begins again after again is closed.
	moved, again chan struct{}
	// aside are the orders of commands that it found to be set aside.
	aside map[string]bool
}

func (s *halfway) goOn(how verdict) {
	s.how = how
	close(s.goes)
}

// stand has a transaction happen until a point. It goes on later.
func (h *history) stand(r *run) {
	s := &halfway{run: r, stands: make(chan struct{}), goes: make(chan struct{}),
		moved: make(chan struct{}), again: make(chan struct{})}
	r.fate, r.at = settles, min(r.at, beforeCommit) // later, others would go on without it
	stood, gone := false, false
	var moved atomic.Bool // a connection that is being closed still asks
	h.begin(r, func(m message) verdict {
		switch {
		case moved.Load():
			if !m.fromServer {
				<-s.again
			}
			return pass
		case gone:
			if m.fromServer && m.text == "ROLLBACK" && moved.CompareAndSwap(false, true) {
				close(s.moved)
			}
			return pass
		case !r.at.reached(m):
			return pass
		case !stood && !m.fromServer:
			stood = true
			return askAgain // the server has what came before
		}
		gone = true
		close(s.stands)
		<-s.goes
		return s.how
	})
	select {
	case <-s.done:
		h.ended(s.run)
	case <-s.stands:
		s.pid = r.process.line.conn.PgConn().PID()
		s.aside = h.setAsideBy(r)
		h.halfway = s
		h.tally.Stands++
		h.say("it stands %v", r.at)
	}
}

// goOn lets the process go on that stands in a transaction.
func (h *history) goOn(f fate) {
	if s := h.halfway; s != nil {
		close(s.again)
		h.release(s, f)
		<-s.done
		h.ended(s.run)
	}
}

func (h *history) release(s *halfway, f fate) {
	h.halfway = nil
	how := pass
	if s.fate = f; f != settles {
		how = cutBefore
	}
	s.goOn(how)
}

// judgeLate judges the one that had to begin again while another waited for it,
// which therefore came first.
func (h *history) judgeLate() {
	if late := h.late; late != nil {
		h.late = nil
		h.ended(late)
	}
}

// await waits for what was begun beside who stands in a transaction.
// If it waits for the locks of that one, that one goes on first.
func (h *history) await(done <-chan struct{}) {
	if h.halfway == nil {
		<-done
		return
	}
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-done:
			return
		case <-look.C:
		}
		if h.b.row("SELECT count(*) FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))",
			int32(h.halfway.pid)) != "0" {
			h.tally.Waits++
			h.say("it waits for the one that stands")
			h.letPass(h.halfway, done)
			return
		}
	}
}

// letPass lets who stands in a transaction go on, for whom another waits. If it has to
// begin again, it does so after the other one.
func (h *history) letPass(s *halfway, done <-chan struct{}) {
	h.release(s, settles)
	select {
	case <-s.done:
		h.ended(s.run)
		<-done
	case <-s.moved:
		h.say("it begins again")
		<-done
		close(s.again)
		<-s.done
		h.late = s.run
	}
}

// beside does something to the database, beside who may stand in a transaction.
func (h *history) beside(do func() error) (err error) {
	h.judgeLate()
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = do()
	}()
	h.await(done)
	return err
}
