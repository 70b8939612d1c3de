package settle_test

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
)

// worker is a process that reads partitions and settles them. It may die, and
// it may go on with partitions that others have taken over.
type worker struct {
	ground  *ground
	held    map[int32]*holding
	last    []settle.Slice // what it settled last
	settler *settle.Settler
	line    *line
	severed bool // the connection is gone, and it does not know

	watch   watcher
	trouble func(error)
}

// holding is a partition as a worker believes to have it.
type holding struct {
	settle.Position
	next int64 // where it reads on
}

func newWorker(g *ground) *worker {
	w := &worker{ground: g}
	w.begin()
	return w
}

// begin is a process that starts.
func (w *worker) begin() {
	w.held, w.last, w.severed = make(map[int32]*holding), nil, false
	w.settler = settle.NewSettler(settle.Config{
		Connect: func(ctx context.Context) (*pgx.Conn, error) {
			l, err := w.ground.connect(ctx, w.watch)
			if err != nil {
				return nil, err
			}
			w.line = l
			return l.conn, nil
		},
		OnTrouble: func(err error) { w.trouble(err) },
	})
}

// die ends the process. What its backend still does ends with the connection.
func (w *worker) die() {
	w.settler.Close()
	w.line = nil
	w.begin()
}

// cutOff ends its connection, without a word.
func (w *worker) cutOff() {
	if w.line != nil && !w.line.conn.IsClosed() {
		w.severed = true
		_ = w.line.conn.PgConn().Conn().Close()
	}
}

// forget drops partitions that the database says are another's.
func (w *worker) forget(lost []settle.Loss) {
	for _, loss := range lost {
		if held := w.held[loss.Key.Partition]; held != nil && held.Epoch == loss.Epoch {
			delete(w.held, loss.Key.Partition)
		}
	}
}

// advance moves on past what was settled.
func (w *worker) advance(batch []settle.Slice) {
	for _, slice := range batch {
		if held := w.held[slice.Key.Partition]; held != nil && held.Epoch == slice.Epoch {
			held.next = max(held.next, slice.End)
		}
	}
}

// point is a place in a worker's transaction.
type point int

const (
	inFirstTrip  point = iota // fence, locks and reads are done, the answer is on its way
	betweenTrips              // all is decided, nothing is sent
	beforeCommit              // all is written but for COMMIT
	afterCommit               // COMMIT is executed, its answer is on its way
)

func (p point) String() string {
	return [...]string{"in the first round trip", "between the round trips", "before COMMIT", "after COMMIT"}[p]
}

// reached tells whether a message is the first one beyond the point.
func (p point) reached(m message) bool {
	switch p {
	case inFirstTrip:
		return m.fromServer && strings.HasPrefix(m.text, "UPDATE")
	case betweenTrips:
		return m.kind == 'B' && !m.fromServer && (m.text == "COMMIT" || slices.ContainsFunc(writes, m.holds))
	case beforeCommit:
		return m.kind == 'B' && !m.fromServer && m.text == "COMMIT"
	default:
		return m.fromServer && m.text == "COMMIT"
	}
}

// writes begin the second round trip; without any, COMMIT does.
var writes = []string{"INSERT INTO processed", "INSERT INTO declined_attempt", "INSERT INTO dead_letter",
	"INSERT INTO transfer"}

func (m message) holds(sql string) bool { return strings.Contains(m.text, sql) }
