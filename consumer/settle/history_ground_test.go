package settle_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
	"deductor/ledger"
)

// ground is a database on which one history runs after the other. Connections
// are kept between them: to open one costs more than most transactions.
type ground struct {
	b        *bench
	accounts []ledger.NewAccount
	empty    string // a backup from before anything happened
	spare    []*line
}

// line is a connection that a history watches.
type line struct {
	conn  *pgx.Conn
	watch watcher
}

func newGround(t *testing.T) *ground {
	t.Helper()
	g := &ground{accounts: []ledger.NewAccount{
		customer("alice", 200),
		customer("bob", 20),
		{Name: "lender", Currency: "USD", Kind: ledger.Customer, OverdraftLimit: 50},
		{Name: "euro", Currency: "EUR", Kind: ledger.Customer, Balance: 50},
		{Name: "shop", Currency: "USD", Kind: ledger.Settlement},
	}}
	g.b = newBench(t, g.accounts...)
	t.Cleanup(func() {
		for _, l := range g.spare {
			_ = l.conn.Close(context.Background())
		}
	})
	g.b.exec(backups)
	g.empty = g.b.row("SELECT back_up()::text")
	return g
}

// backups are functions that take all tables and sequences out of the database
// and put them back, as an operator does with a backup. Parents come before
// children.
var backups = strings.NewReplacer("%tables%",
	"'account', 'settlement_stripe', 'transfer', 'processed', 'declined_attempt', 'source', 'watermark', "+
		"'dead_letter', 'partition_halt', 'partition_intervention'",
	"%sequences%",
	"'account_id_seq', 'source_id_seq', 'dead_letter_id_seq', 'partition_intervention_id_seq', 'transfer_id_block'",
).Replace(`
	CREATE FUNCTION back_up() RETURNS jsonb LANGUAGE plpgsql AS $$
	DECLARE
	    everything jsonb := '{}';
	    part jsonb;
	    name text;
	BEGIN
	    FOREACH name IN ARRAY ARRAY[%tables%] LOOP
	        EXECUTE format('SELECT coalesce(jsonb_agg(x), ''[]'') FROM %I x', name) INTO part;
	        everything := everything || jsonb_build_object(name, part);
	    END LOOP;
	    FOREACH name IN ARRAY ARRAY[%sequences%] LOOP
	        EXECUTE format('SELECT to_jsonb(x) FROM (SELECT last_value, is_called FROM %I) x', name) INTO part;
	        everything := everything || jsonb_build_object(name, part);
	    END LOOP;
	    RETURN everything;
	END $$;
	CREATE FUNCTION put_back(everything jsonb) RETURNS void LANGUAGE plpgsql AS $$
	DECLARE
	    name text;
	BEGIN
	    PERFORM set_config('session_replication_role', 'replica', true); -- no foreign keys meanwhile
	    FOREACH name IN ARRAY ARRAY[%tables%] LOOP
	        EXECUTE format('DELETE FROM %I', name);
	        IF everything->name <> '[]' THEN
	            EXECUTE format('INSERT INTO %1$I OVERRIDING SYSTEM VALUE
	                            SELECT * FROM jsonb_populate_recordset(NULL::%1$I, $1)', name) USING everything->name;
	        END IF;
	    END LOOP;
	    FOREACH name IN ARRAY ARRAY[%sequences%] LOOP
	        PERFORM setval(name::regclass, (everything->name->>'last_value')::bigint,
	                       (everything->name->>'is_called')::boolean);
	    END LOOP;
	END $$`)

// connect gives a worker a connection whose messages it watches.
func (g *ground) connect(ctx context.Context, watch watcher) (*line, error) {
	if n := len(g.spare); n > 0 {
		l := g.spare[n-1]
		g.spare = g.spare[:n-1]
		l.watch = watch
		return l, nil
	}
	l := &line{watch: watch}
	var err error
	l.conn, err = g.b.connectWatched(func(m message) verdict { return l.watch(m) })(ctx)
	return l, err
}

// giveBack keeps the connections that still are for the next history.
func (g *ground) giveBack(workers []*worker) {
	for _, w := range workers {
		if w.line != nil && !w.severed && !w.line.conn.IsClosed() && w.line.conn.PgConn().TxStatus() == 'I' {
			g.spare = append(g.spare, w.line)
		}
	}
}

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
			l, err := w.ground.connect(ctx, func(m message) verdict { return w.watch(m) })
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
		return m.kind == 'B' && !m.fromServer && slices.ContainsFunc(writes, func(sql string) bool {
			return strings.Contains(m.text, sql)
		})
	case beforeCommit:
		return m.kind == 'B' && !m.fromServer && m.text == "COMMIT"
	default:
		return m.fromServer && m.text == "COMMIT"
	}
}

// writes are in the statements of the second round trip.
var writes = []string{"INSERT INTO processed", "INSERT INTO declined_attempt", "INSERT INTO dead_letter",
	"INSERT INTO transfer", "COMMIT"}
