package settle_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
)

// settling is a batch that a goroutine settles.
type settling struct {
	counts settle.Counts
	err    error
	done   chan struct{}
}

// start begins to settle; the test does not end before it does.
func start(ctx context.Context, t *testing.T, settler *settle.Settler, batch ...settle.Slice) *settling {
	s := &settling{done: make(chan struct{})}
	t.Cleanup(func() { <-s.done })
	go func() {
		defer close(s.done)
		s.counts, s.err = settler.Settle(ctx, batch)
	}()
	return s
}

// wait waits for its end.
func (s *settling) wait(t *testing.T) (settle.Counts, error) {
	t.Helper()
	await(t, "the batch is settled", s.done)
	return s.counts, s.err
}

// lock locks an account in a transaction of the superuser's, until release.
func (b *bench) lock(account string) (release func()) {
	b.t.Helper()
	tx, err := b.admin.Begin(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = tx.Rollback(context.Background()) }) // of a test that failed
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	if _, err := tx.Exec(ctx, "SELECT FROM account WHERE name = $1 FOR UPDATE", account); err != nil {
		b.t.Fatal(err)
	}
	return func() {
		b.t.Helper()
		if err := tx.Rollback(b.t.Context()); err != nil {
			b.t.Fatal(err)
		}
	}
}

// waiting returns the backends of workers that wait for a lock.
func (b *bench) waiting() []string {
	b.t.Helper()
	return b.rows(`SELECT pid FROM pg_stat_activity
	                WHERE datname = current_database() AND usename = $1 AND wait_event_type = 'Lock'`, b.config.User)
}

// A lock that is held for longer than the limit is contention: the settler
// tries again without a word, until it gets it.
func TestLockHeldByAnotherSession(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f := b.acquire(0)
	release := b.lock("alice")
	timeouts := make(chan struct{}, 100)
	config := b.untroubled()
	config.Limits = settle.Limits{Lock: 20 * time.Millisecond}
	config.Connect = b.connectWatched(func(m message) verdict {
		if m.fromServer && m.text == "55P03" {
			timeouts <- struct{}{}
		}
		return pass
	})
	s := start(t.Context(), t, closing(t, config), f.next(pay("o-1", "alice", 60), raw("?")))
	for range 3 {
		await(t, "the lock is waited for in vain", timeouts)
	}
	release()
	counts, err := s.wait(t)
	if err != nil {
		t.Fatal(err)
	}
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 1, settle.DeadLettered: 1})
	b.wantTransfers("o-1", 1)
	b.audit()
}

// The connection that met contention is kept: another one would cost a backend
// each time.
func TestContentionKeepsTheConnection(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f := b.acquire(0)
	connections := 0
	config := b.untroubled()
	config.Connect = func(ctx context.Context) (*pgx.Conn, error) {
		connections++
		return b.connect(ctx)
	}
	settler := closing(t, config)
	b.exec(`CREATE SEQUENCE nth; GRANT USAGE ON SEQUENCE nth TO PUBLIC;
	        CREATE FUNCTION contend() RETURNS trigger LANGUAGE plpgsql AS $$
	        DECLARE
	            states text[] := ARRAY['40001', '40P01', '23505', '55P03'];
	            n int := nextval('nth');
	        BEGIN
	            IF n <= 4 THEN RAISE EXCEPTION 'in the way' USING ERRCODE = states[n]; END IF;
	            RETURN NULL;
	        END $$;
	        CREATE TRIGGER contend AFTER INSERT ON transfer FOR EACH STATEMENT EXECUTE FUNCTION contend()`)
	b.wantCounts(b.settleBy(settler, f.next(pay("o-1", "alice", 60))), map[settle.Kind]int64{settle.Applied: 1})
	if connections != 1 {
		t.Errorf("%d connections, want 1", connections)
	}
	if n := b.row("SELECT last_value FROM nth"); n != "5" {
		t.Errorf("%s tries, want 5", n)
	}
	b.wantTransfers("o-1", 1)
	b.audit()
}

func TestContextEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f := b.acquire(0)
	batch := f.next(pay("o-1", "alice", 60))
	wantCanceled := func(t *testing.T, s *settling, cancel func()) {
		t.Helper()
		begin := time.Now()
		cancel()
		_, err := s.wait(t)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want context.Canceled", err)
		}
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("it took %v", took)
		}
	}
	t.Run("while it waits for a lock", func(t *testing.T) {
		b := b.with(t)
		ctx, cancel := context.WithCancel(t.Context())
		release := b.lock("alice")
		s := start(ctx, t, closing(t, b.untroubled()), batch)
		b.eventually("the settler waits for the lock", func() bool { return len(b.waiting()) == 1 })
		wantCanceled(t, s, cancel)
		release()
		b.eventually("its backend is gone", func() bool { return len(b.waiting()) == 0 })
	})
	t.Run("while there is no database", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		trouble := make(chan error, 1000)
		s := start(ctx, t, closing(t, settle.Config{
			Connect:   func(context.Context) (*pgx.Conn, error) { return nil, errors.New("no route to host") },
			OnTrouble: func(err error) { trouble <- err },
		}), batch)
		for range 3 {
			if err := await(t, "Connect fails", trouble); fmt.Sprint(err) != "no route to host" {
				t.Errorf("told of %v, want what Connect said", err)
			}
		}
		wantCanceled(t, s, cancel)
	})
	t.Run("before it begins", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		wantCanceled(t, start(ctx, t, closing(t, b.untroubled()), batch), cancel)
	})
	// Who waited for the account had sent COMMIT: it may have been executed.
	b.settle(batch)
	b.wantTransfers("o-1", 1)
}
