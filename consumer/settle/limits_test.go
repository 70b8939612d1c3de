package settle_test

import (
	"context"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
)

// recordSettings makes the database write down the settings under which each
// transaction inserts transfers.
func (b *bench) recordSettings() {
	b.t.Helper()
	b.exec(`CREATE TABLE seen (id int GENERATED ALWAYS AS IDENTITY, synchronous_commit text, statement text, lock text,
	                           idle text, isolation text, plans text, check_client text, send text,
	                           transaction text, probe text);
	        CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
	        BEGIN
	            INSERT INTO seen VALUES (DEFAULT, current_setting('synchronous_commit'),
	                current_setting('statement_timeout'), current_setting('lock_timeout'),
	                current_setting('idle_in_transaction_session_timeout'),
	                current_setting('transaction_isolation'), current_setting('plan_cache_mode'),
	                current_setting('client_connection_check_interval'), current_setting('tcp_user_timeout'),
	                coalesce(current_setting('transaction_timeout', true), 'unknown'),
	                current_setting('tcp_keepalives_idle'));
	            RETURN NULL;
	        END $$;
	        CREATE TRIGGER look AFTER INSERT ON transfer FOR EACH STATEMENT EXECUTE FUNCTION look()`)
}

// connectWith connects as workers do, with settings of the session's own, as a
// role's or a database's defaults are.
func (b *bench) connectWith(settings map[string]string) func(context.Context) (*pgx.Conn, error) {
	return func(ctx context.Context) (*pgx.Conn, error) {
		config := b.config.Copy()
		for name, value := range settings {
			config.RuntimeParams[name] = value
		}
		return pgx.ConnectConfig(ctx, config)
	}
}

func TestCommitIsSynchronous(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	b.recordSettings()
	f := b.acquire(0)
	for set, want := range map[string]string{
		"off":          "on",
		"local":        "on",
		"remote_write": "on",
		"on":           "on",
		"remote_apply": "remote_apply", // stronger
	} {
		config := b.untroubled()
		config.Connect = b.connectWith(map[string]string{"synchronous_commit": set})
		b.settleBy(closing(t, config), f.next(pay("o-"+set, "alice", 1)))
		if got := b.row("SELECT synchronous_commit FROM seen ORDER BY id DESC LIMIT 1"); got != want {
			t.Errorf("synchronous_commit is %s where the session's is %s, want %s", got, set, want)
		}
	}
}

func TestSettingsOfTheTransaction(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	b.recordSettings()
	f := b.acquire(0)
	config := b.untroubled()
	config.Connect = b.connectWith(map[string]string{
		"default_transaction_isolation": "serializable",
		"default_transaction_read_only": "on",
		"statement_timeout":             "1h",
		"lock_timeout":                  "0",
	})
	b.settleBy(closing(t, config), f.next(pay("o-1", "alice", 1)))
	config.Limits = settle.Limits{
		Statement: 7 * time.Second, Lock: 1500 * time.Millisecond, Idle: time.Minute, Transaction: 5 * time.Second,
	}
	b.settleBy(closing(t, config), f.next(pay("o-2", "alice", 1)))
	got := b.rows("SELECT statement, lock, idle, isolation, plans, transaction, probe FROM seen ORDER BY id")
	for i, want := range []string{
		"30s 10s 10s read committed force_generic_plan 40s 10",
		"7s 1500ms 1min read committed force_generic_plan 5s 10",
	} {
		if got[i] != want {
			t.Errorf("settings %q, want %q", got[i], want)
		}
	}
}

// A worker that stands still between the two round trips holds its locks for no
// longer than the limit: Postgres ends its session, and it settles the batch
// again once it wakes up.
func TestIdleWorkerIsEnded(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f := b.acquire(0)
	told := make(troubles, 10)
	config := settle.Config{Limits: settle.Limits{Idle: 50 * time.Millisecond}, Quarantine: true, OnTrouble: told.tell}
	s := b.standStill(t, config, f.next(pay("o-1", "alice", 60)))
	b.lock("alice")() // waits for the settler's lock
	s.goOn()
	counts, err := s.wait(t)
	if err != nil {
		t.Fatal(err)
	}
	b.wantCounts(counts, map[settle.Kind]int64{settle.Applied: 1})
	b.wantTransfers("o-1", 1)
	if what := told.all(); !strings.HasSuffix(what, " over") {
		t.Errorf("told of %q, want trouble and its end", what)
	}
	b.audit()
}

// Acquire, Halt and Intervene lock watermarks: they are held to the same limits
// as a lane, and are on disk once they are committed.
func TestSettingsOfOtherTransactions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.recordSettings()
	b.exec("CREATE TRIGGER look AFTER UPDATE ON watermark FOR EACH ROW EXECUTE FUNCTION look()")
	b.exec("ALTER ROLE " + pgx.Identifier{b.config.User}.Sanitize() + " SET synchronous_commit = off")
	f := b.acquire(0)
	b.reacquire(f, nil)
	if err := settle.Halt(t.Context(), b.worker, f.key, f.Epoch, &settle.HaltError{Reason: "offset_gap"}); err != nil {
		t.Fatal(err)
	}
	b.intervene(settle.Intervention{Key: f.key, Action: settle.Skip, TopicID: topicID, To: 1})
	got := b.rows(`
		SELECT synchronous_commit, statement, lock, idle, transaction, check_client, send FROM seen ORDER BY id`)
	if len(got) != 3 {
		t.Errorf("%d transactions changed the watermark, want 3: %q", len(got), got)
	}
	for _, settings := range got {
		want := "on 30s 10s 10s 40s 0 0"
		if runtime.GOOS == "linux" { // the server runs here, too
			want = "on 30s 10s 10s 40s 2s 10000"
		}
		if settings != want {
			t.Errorf("settings %q, want %q", settings, want)
		}
	}
}

// A worker that is gone while its statement waits holds what it has locked no
// longer than Postgres takes to look after it, however long it may wait.
func TestSessionOfGoneWorkerEnds(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Log("only on Linux does Postgres look after its clients")
		return
	}
	b := newBench(t, customer("alice", 100))
	f := b.acquire(0)
	release := b.lock("alice")
	defer release()
	conns := make(chan net.Conn, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	config := settle.Config{Limits: settle.Limits{Statement: time.Hour, Lock: time.Hour}}
	config.Connect = func(ctx context.Context) (*pgx.Conn, error) {
		config := b.config.Copy()
		dial := config.DialFunc
		config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			if err == nil {
				select {
				case conns <- conn:
				default: // it would ask the server to cancel, or try again
					_ = conn.Close()
					return nil, errCut
				}
			}
			return conn, err
		}
		return pgx.ConnectConfig(ctx, config)
	}
	s := start(ctx, t, closing(t, config), f.next(pay("o-1", "alice", 1)))
	b.eventually("the settler waits for the lock", func() bool { return len(b.waiting()) == 1 })
	conn := <-conns
	conns <- conn
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	b.eventually("its session ends", func() bool { return len(b.waiting()) == 0 })
	cancel()
	if _, err := s.wait(t); err == nil {
		t.Error("a batch was settled without a connection")
	}
}
