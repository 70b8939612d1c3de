package deploy_test

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"deductor/consumer"
	"deductor/consumer/settle"
	"deductor/internal/kafkatest"
	"deductor/internal/migrate"
	"deductor/internal/pgtest"
	"deductor/internal/workertest"
	"deductor/ledger"
)

const (
	migrator = "deductor_migrator"
	worker   = "deductor_worker"
	reader   = "deductor_reader"
	password = "of-the-test"
)

// installed is a database that roles.sql was run in, twice, and that the
// migrator has migrated.
func installed(t *testing.T) *pgtest.DB {
	t.Helper()
	db := pgtest.NewEmpty(t)
	roles, err := os.ReadFile("postgres/roles.sql")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := db.Pool.Exec(t.Context(), string(roles)); err != nil {
			t.Fatal(err)
		}
	}
	for _, role := range []string{migrator, worker, reader} {
		if _, err := db.Pool.Exec(t.Context(), fmt.Sprintf("ALTER ROLE %s PASSWORD '%s'", role, password)); err != nil {
			t.Fatal(err)
		}
	}
	owner := pgtest.Conn(t, as(t, db, migrator))
	if _, err := migrate.Up(t.Context(), owner); err != nil {
		t.Fatal(err)
	}
	if err := migrate.Grant(t.Context(), owner, worker); err != nil {
		t.Fatal(err)
	}
	if err := pgx.BeginFunc(t.Context(), owner, func(tx pgx.Tx) error {
		_, err := ledger.Create(t.Context(), tx, []ledger.NewAccount{
			{Name: "alice", Currency: "USD", Kind: ledger.Customer, Balance: 400_000}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return db
}

// as is how a role connects to db.
func as(t *testing.T, db *pgtest.DB, role string) string {
	t.Helper()
	u, err := url.Parse(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(role, password)
	return u.String()
}

// TestRoles: a worker under the roles of roles.sql does all of its work, a
// reader reads it, and neither can do more.
func TestRoles(t *testing.T) {
	db := installed(t)
	kafka := kafkatest.New(t, 2)
	commands := []string{
		payment("ord-1", 1, 100), payment("ord-1", 1, 100), payment("ord-1", 1, 200), // applied, duplicate, conflict
		payment("ord-2", 1, 900_000), payment("ord-2", 2, 100), // declined, and superseded by another attempt
		"{", // malformed
	}
	for i := range 3000 { // rows enough to be copied
		commands = append(commands, payment(fmt.Sprintf("ord-many-%d", i), 1, 100))
	}
	kafka.Produce(t, 0, commands...)
	kafka.Produce(t, 1, payment("ord-3", 1, 100))
	work(t, kafka, as(t, db, worker))

	conn := pgtest.Conn(t, as(t, db, reader))
	_, totals, err := settle.Audit(t.Context(), conn, 10)
	if err != nil || len(totals) != 1 || totals[0].Difference != "0" {
		t.Errorf("the reader's audit: %+v, %v", totals, err)
	}
	for table, want := range map[string]int{
		"transfer": 3003, "processed": 3003, "declined_attempt": 1, "dead_letter": 2, "watermark": 2, "account_balance": 2,
	} {
		var rows int
		if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&rows); err != nil || rows != want {
			t.Errorf("the reader sees %d rows of %s, want %d: %v", rows, table, want, err)
		}
	}
	if _, err := migrate.Status(t.Context(), conn); err != nil {
		t.Errorf("the reader's migrate status: %v", err)
	}
}

func payment(order string, attempt, minor int) string {
	return fmt.Sprintf(`{"order_id":%q,"account":"alice","amount_minor":%d,"currency":"USD","attempt":%d}`,
		order, minor, attempt)
}

// work runs a worker until the group's offsets are at the logs' ends.
func work(t *testing.T, kafka *kafkatest.Kafka, url string) {
	t.Helper()
	w, stop := workertest.Start(t, kafka, url, consumer.Config{Group: "deductor"})
	defer stop()
	ends := kafka.EndOffsets(t)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(time.Minute); ; <-ticker.C {
		committed := kafka.GroupOffsets(t, "deductor")
		if committed[0] == ends[0] && committed[1] == ends[1] {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the group committed %v of %v: %v", committed, ends, w.Ready())
		}
	}
}

// TestRolesAreRefused: what was paid can neither be deleted nor rewritten, and
// what has no business there does not get in.
func TestRolesAreRefused(t *testing.T) {
	db := installed(t)
	working, reading := pgtest.Conn(t, as(t, db, worker)), pgtest.Conn(t, as(t, db, reader))
	// A reader that takes its default back.
	if _, err := reading.Exec(t.Context(), "SET default_transaction_read_only = off"); err != nil {
		t.Fatal(err)
	}
	rows, err := db.Pool.Query(t.Context(), "SELECT tablename FROM pg_tables WHERE schemaname = 'deductor'")
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 10 {
		t.Fatalf("tables are %q: %v", tables, err)
	}
	for _, table := range tables {
		for _, statement := range []string{"DELETE FROM ", "TRUNCATE ", "DROP TABLE "} {
			refused(t, working, statement+table)
			refused(t, reading, statement+table)
		}
		refused(t, reading, "INSERT INTO "+table+" DEFAULT VALUES")
	}
	for _, statement := range []string{
		"UPDATE transfer SET amount = 1",
		"UPDATE transfer SET debit_account = 1",
		"UPDATE processed SET order_id = 'other'",
		"UPDATE declined_attempt SET reason = 'other'",
		"UPDATE account SET opening_balance = 0",
		"UPDATE account SET overdraft_limit = 0",
		"UPDATE account SET closed_at = NULL",
		"UPDATE dead_letter SET resolution = 'discarded', resolved_at = now()",
		"UPDATE source SET topic = 'other'",
		"UPDATE partition_intervention SET reason = 'other'",
		"INSERT INTO account (name) VALUES ('mallory')",
		"INSERT INTO processed_horizon (horizon, actor, reason) VALUES (now() - interval '1 day', 'a', 'r')",
		"INSERT INTO schema_migration (component, version) VALUES ('ledger', 2)",
		"CREATE TABLE mine ()",
		"CREATE TABLE public.mine ()",
		"CREATE TEMPORARY TABLE mine ()",
		"CREATE SCHEMA mine",
		"SET ROLE deductor_migrator",
	} {
		refused(t, working, statement)
		refused(t, reading, statement)
	}
	for _, statement := range []string{
		"UPDATE account SET balance = 0", "UPDATE watermark SET next_offset = 0", "SELECT nextval('transfer_id_block')",
		"SELECT expect_rows(1, 1, 'rows')",
	} {
		refused(t, reading, statement)
	}
}

// refused fails the test unless conn's role has not the right to do it.
func refused(t *testing.T, conn *pgx.Conn, statement string) {
	t.Helper()
	_, err := conn.Exec(t.Context(), statement)
	var said *pgconn.PgError
	if !errors.As(err, &said) || said.Code != "42501" { // insufficient_privilege
		t.Errorf("%s: %s: %v, want it refused for want of a right", conn.Config().User, statement, err)
	}
}

// TestReaderReadsOnly: who reads makes no transaction that could write, even
// if rights were granted by mistake; and roles without rights stay outside.
func TestReaderReadsOnly(t *testing.T) {
	db := installed(t)
	if _, err := db.Pool.Exec(t.Context(), "GRANT DELETE ON deductor.transfer TO deductor_reader"); err != nil {
		t.Fatal(err)
	}
	_, err := pgtest.Conn(t, as(t, db, reader)).Exec(t.Context(), "DELETE FROM transfer")
	if err == nil || !strings.Contains(err.Error(), "read-only transaction") {
		t.Errorf("a reader with a right too many: %v", err)
	}
	if conn, err := pgx.Connect(t.Context(), db.WorkerURL(t)); err == nil {
		_ = conn.Close(t.Context())
		t.Error("another application's role may connect")
	}
}
