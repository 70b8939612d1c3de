package settle_test

import (
	"slices"
	"time"

	"deductor/consumer/settle"
)

// halfway is a worker that stands in the middle of a transaction, with its
// locks.
type halfway struct {
	*run
	stands, goes chan struct{}
	how          verdict // what becomes of the connection when it goes on
	pid          uint32
}

func (s *halfway) goOn(how verdict) {
	s.how = how
	close(s.goes)
}

// stand settles until a point, and goes on later.
func (h *history) stand(w *worker, batch []settle.Slice, at point) {
	s := &halfway{stands: make(chan struct{}), goes: make(chan struct{})}
	at = min(at, beforeCommit) // later, others would go on without it
	stood, gone := false, false
	s.run = h.begin(w, batch, settles, at, func(m message) verdict {
		switch {
		case gone || !at.reached(m):
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
		s.pid = w.line.conn.PgConn().PID()
		h.halfway = s
		h.tally.Stands++
		h.say("it stands %v", at)
	}
}

// goOn lets the worker go on that stands in a transaction.
func (h *history) goOn(f fate) {
	s := h.halfway
	if s == nil {
		return
	}
	h.halfway = nil
	how := pass
	if s.fate = f; f != settles {
		how = cutBefore
	}
	s.goOn(how)
	<-s.done
	h.ended(s.run)
}

// await waits for what was begun beside a worker that stands in a transaction.
// If it waits for that worker's locks, that worker goes on first.
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
			h.goOn(settles)
			<-done
			return
		}
	}
}

// beside does something to the database, beside a worker that may stand in a
// transaction.
func (h *history) beside(do func() error) (err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = do()
	}()
	h.await(done)
	return err
}

func shareAnOrder(a, b []settle.Slice) bool {
	orders := make(map[string]bool)
	for _, slice := range a {
		for _, item := range slice.Items {
			orders[item.Command.OrderID] = item.Rejection == nil
		}
	}
	return slices.ContainsFunc(b, func(slice settle.Slice) bool {
		return slices.ContainsFunc(slice.Items, func(item settle.Item) bool { return orders[item.Command.OrderID] })
	})
}
