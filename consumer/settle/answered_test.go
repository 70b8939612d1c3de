package settle_test

import (
	"bytes"
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
)

// altered is a connection on which one text goes out as another of its length,
// or not at all, with all that was to go with it.
type altered struct {
	net.Conn
	from, to []byte
	left     *atomic.Int32 // how often
}

func (a *altered) Write(p []byte) (int, error) {
	if !bytes.Contains(p, a.from) || a.left.Add(-1) < 0 {
		return a.Conn.Write(p)
	}
	if a.to == nil {
		return len(p), nil
	}
	return a.Conn.Write(bytes.Replace(p, a.from, a.to, 1))
}

// connectAltered connects as workers do; what the first connection sends is
// altered once.
func (b *bench) connectAltered(from, to []byte) func(context.Context) (*pgx.Conn, error) {
	if to != nil && len(from) != len(to) {
		b.t.Fatalf("%q and %q differ in length", from, to)
	}
	left := &atomic.Int32{}
	left.Store(1)
	return func(ctx context.Context) (*pgx.Conn, error) {
		config := b.config.Copy()
		dial := config.DialFunc
		config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			return &altered{conn, from, to, left}, err
		}
		return pgx.ConnectConfig(ctx, config)
	}
}

// Promise 1: what Postgres did is believed, not what it was asked for. A BEGIN
// that began nothing and a COMMIT that committed nothing are trouble with the
// database, after which the batch is settled on a new connection.
func TestPromise1_AnswersAreBelieved(t *testing.T) {
	t.Parallel()
	for name, change := range map[string][2]string{
		"BEGIN begins nothing": {
			"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", "SELECT 1                                       "},
		"COMMIT commits nothing": {"COMMIT\x00", "ABORT \x00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, customer("alice", 100))
			f := b.acquire(0)
			told := make(troubles, 10)
			connect := b.connectAltered([]byte(change[0]), []byte(change[1]))
			settler := closing(t, settle.Config{Connect: connect, OnTrouble: told.tell})
			b.wantCounts(b.settleBy(settler, f.next(pay("o-1", "alice", 60), raw("?"))),
				map[settle.Kind]int64{settle.Applied: 1, settle.DeadLettered: 1})
			if what := told.all(); what != "connection over" {
				t.Errorf("told of %q, want trouble with the connection, and its end", what)
			}
			b.wantTransfers("o-1", 1)
			b.wantDeadLetters("0@1 invalid_json -")
			b.audit()
		})
	}
}

// A server that falls silent in a transaction, without a word that the
// connection is lost, is given up, and the batch is settled on a new one.
func TestSilentServerIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, unheard := range map[string]string{"from BEGIN on": "BEGIN ISOLATION", "from COMMIT on": "COMMIT\x00"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, customer("alice", 100))
			f := b.acquire(0)
			told := make(troubles, 10)
			settler := closing(t, settle.Config{
				Connect: b.connectAltered([]byte(unheard), nil), OnTrouble: told.tell,
				Limits: settle.Limits{Statement: time.Second},
			})
			b.wantCounts(b.settleBy(settler, f.next(pay("o-1", "alice", 60))), map[settle.Kind]int64{settle.Applied: 1})
			if what := told.all(); what != "connection over" {
				t.Errorf("told of %q, want trouble with the connection, and its end", what)
			}
			b.wantTransfers("o-1", 1)
			b.audit()
		})
	}
}
