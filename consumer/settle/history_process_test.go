package settle_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
	"deductor/ledger"
)

// line is a connection that a history watches.
type line struct {
	conn  *pgx.Conn
	watch atomic.Pointer[watcher] // a connection that is being closed still asks for it
}

// lines are connections of one role. They are kept for the next process.
type lines struct {
	b     *bench
	spare []*line
}

func newLines(t *testing.T, b *bench) *lines {
	l := &lines{b: b}
	t.Cleanup(func() {
		for _, spare := range l.spare {
			_ = spare.conn.Close(context.Background())
		}
	})
	return l
}

// connect gives a connection whose messages are watched.
func (l *lines) connect(ctx context.Context, watch watcher) (*line, error) {
	if n := len(l.spare); n > 0 {
		spare := l.spare[n-1]
		l.spare = l.spare[:n-1]
		spare.watch.Store(&watch)
		return spare, nil
	}
	fresh := &line{}
	fresh.watch.Store(&watch)
	var err error
	fresh.conn, err = l.b.connectWatched(func(m message) verdict { return (*fresh.watch.Load())(m) })(ctx)
	return fresh, err
}

// process has a settler on a connection that is watched. It may die.
type process struct {
	lines      *lines
	quarantine bool
	many       int // as in settle.Config
	known      *ledger.Cache
	settler    *settle.Settler
	line       *line
	severed    bool // the connection is gone, and it does not know

	watch   watcher
	trouble func(error)
}

// start is a process that begins.
func (p *process) start() {
	p.severed, p.line = false, nil
	p.settler = settle.NewSettler(settle.Config{
		Connect: func(ctx context.Context) (*pgx.Conn, error) {
			l, err := p.lines.connect(ctx, p.watch)
			if err != nil {
				return nil, err
			}
			p.line = l
			return l.conn, nil
		},
		Quarantine: p.quarantine,
		Many:       p.many,
		Accounts:   p.known,
		OnTrouble:  func(err error) { p.trouble(err) },
	})
}

// cutOff ends its connection, without a word.
func (p *process) cutOff() {
	if p.line != nil && !p.line.conn.IsClosed() {
		p.severed = true
		_ = p.line.conn.PgConn().Conn().Close()
	}
}

// giveBack keeps the connection for others, if it still is one.
func (p *process) giveBack() {
	if p.line != nil && !p.severed && !p.line.conn.IsClosed() && p.line.conn.PgConn().TxStatus() == 'I' {
		p.lines.spare = append(p.lines.spare, p.line)
	}
	p.line = nil
}

// point is a place in a transaction.
type point int

const (
	inFirstTrip  point = iota // all is locked and read, the answer is on its way
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
		return m.fromServer && m.text == "BEGIN"
	case betweenTrips:
		return m.kind == 'Q' && m.holds("COPY processed") ||
			m.kind == 'B' && !m.fromServer && (m.text == "COMMIT" || slices.ContainsFunc(writes, m.holds))
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
