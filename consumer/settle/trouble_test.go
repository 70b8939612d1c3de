package settle_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"deductor/consumer/settle"
)

// troubles collects what a settler says of its trouble: one line an error, and
// "over".
type troubles chan string

func (c troubles) tell(err error) {
	if err == nil {
		c <- "over"
		return
	}
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		c <- pgErr.Code
		return
	}
	c <- "connection"
}

// all are those that were told so far.
func (c troubles) all() string {
	var told []string
	for {
		select {
		case one := <-c:
			told = append(told, one)
		default:
			return strings.Join(told, " ")
		}
	}
}

func TestBackendIsKilled(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f := b.acquire(0)
	told := make(troubles, 100)
	settler := closing(t, settle.Config{Connect: b.connect, OnTrouble: told.tell})
	release := b.lock("alice")
	s := start(t.Context(), t, settler, f.next(pay("o-1", "alice", 60)))
	b.eventually("the settler waits for the lock", func() bool { return len(b.waiting()) == 1 })
	b.exec("SELECT pg_terminate_backend($1::int)", b.waiting()[0])
	if first := await(t, "the settler tells of its trouble", told); first != "57P01" { // admin_shutdown
		t.Errorf("told of %s, want 57P01", first)
	}
	release()
	counts, err := s.wait(t)
	if err != nil {
		t.Fatal(err)
	}
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 1})
	if rest := told.all(); rest != "over" {
		t.Errorf("told of %q after it, want over", rest)
	}

	// Between two batches it is noticed by the second.
	b.killBackends()
	b.wantCounts(b.settleBy(settler, f.next(pay("o-2", "alice", 30))), map[settle.Kind]int64{settle.Applied: 1})
	if rest := told.all(); !strings.HasSuffix(rest, "over") || rest == "over" {
		t.Errorf("told of %q, want trouble and its end", rest)
	}
	b.settleBy(settler, f.next(pay("o-3", "alice", 10)))
	if rest := told.all(); rest != "" {
		t.Errorf("told of %q, want nothing: all is well", rest)
	}
	b.audit()
}

// A database that is out of order dead-letters nothing: the settler waits until
// it is mended.
func TestDatabaseOutOfOrder(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, spoil, mend, want string }{
		{"a missing privilege", "REVOKE INSERT ON transfer FROM worker", "GRANT INSERT ON transfer TO worker", "42501"},
		{"a missing table", "ALTER TABLE processed RENAME TO away", "ALTER TABLE away RENAME TO processed", "42P01"},
		{"a row that is not there to change",
			`CREATE RULE none AS ON UPDATE TO account DO INSTEAD NOTHING`, `DROP RULE none ON account`, "0A000"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, customer("alice", 100))
			f := b.acquire(0)
			told := make(troubles, 100)
			b.exec(test.spoil)
			settler := closing(t, settle.Config{Connect: b.connect, OnTrouble: told.tell})
			s := start(t.Context(), t, settler, f.next(pay("o-1", "alice", 60), raw("?")))
			for range 2 {
				if one := await(t, "the settler tells of its trouble", told); one != test.want {
					t.Errorf("told of %s, want %s", one, test.want)
				}
			}
			b.exec(test.mend)
			counts, err := s.wait(t)
			if err != nil {
				t.Fatal(err)
			}
			b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 1, settle.DeadLettered: 1})
			b.wantDeadLetters("0@1 invalid_json -")
			b.audit()
		})
	}
}

// Transfer ids come in blocks. One that was reserved before the database was
// put back is given to others after it: a settler that lost its connection
// does not use it up.
func TestTransferIDsAfterTheDatabaseWasPutBack(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100), customer("bob", 100))
	f := b.acquire(0)
	earlier, err := strconv.ParseInt(b.row("SELECT last_value FROM transfer_id_block"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	told := make(troubles, 100)
	settler := closing(t, settle.Config{Connect: b.connect, OnTrouble: told.tell})
	other := closing(t, settle.Config{Connect: b.connect, OnTrouble: told.tell})
	b.settleBy(settler, f.next(pay("o-1", "alice", 1)))

	b.exec("SELECT setval('transfer_id_block', $1, false)", earlier)
	b.exec("DELETE FROM transfer; DELETE FROM processed; DELETE FROM settlement_stripe; " +
		"UPDATE account SET balance = opening_balance; UPDATE watermark SET next_offset = 0")
	b.killBackends()
	b.settleBy(other, f.slice(0, 1))
	b.settleBy(settler, f.next(pay("o-2", "alice", 1)))
	b.settleBy(other, f.next(pay("o-3", "bob", 1)))
	b.settleBy(settler, f.next(pay("o-4", "bob", 1)))
	if twice := b.rows("SELECT id FROM transfer GROUP BY id HAVING count(*) > 1"); len(twice) > 0 {
		t.Errorf("transfer ids %q were given to several transfers", twice)
	}
	b.audit()
}

// killBackends ends all sessions of workers.
func (b *bench) killBackends() {
	b.t.Helper()
	b.exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
	         WHERE usename = $1 AND datname = current_database()`, b.config.User)
}
