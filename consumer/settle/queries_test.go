package settle_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// statement reads a statement of this package or, by its path, of another.
func statement(t *testing.T, path string) string {
	t.Helper()
	sql, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(sql)
}

// arrayed are the statements whose work grows with the batch. Those that each
// batch runs are true; the others run when orders were retried or are in conflict.
var arrayed = map[string]bool{
	"../../ledger/queries/read_customers.sql":     true,
	"../../ledger/queries/lock_customers.sql":     true,
	"../../ledger/queries/read_settlements.sql":   true,
	"../../ledger/queries/update_balances.sql":    true,
	"../../dedupe/queries/find.sql":               true,
	"../../dedupe/queries/match.sql":              true,
	"queries/find_dead_letters.sql":               true,
	"queries/first_open_dead_letters.sql":         true,
	"queries/lock_dead_letters.sql":               false,
	"queries/claim_dead_letters.sql":              false,
	"../../dedupe/queries/find_earlier.sql":       false,
	"../../ledger/queries/get_accounts_by_id.sql": false,
	"../../ledger/queries/get_transfers.sql":      false,
}

// No batch reads a large table whole, by the plan that serves batches of all
// sizes: not before Postgres has analysed it, and not later.
func TestPlansUseIndexes(t *testing.T) {
	if testing.Short() {
		t.Skip("left out in short mode: it fills 50,000 accounts and orders")
	}
	t.Parallel()
	b := newBench(t)
	conn, err := b.admin.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	for _, table := range []string{"account", "processed", "transfer", "declined_attempt", "dead_letter"} {
		b.exec("ALTER TABLE " + table + " SET (autovacuum_enabled = off)")
	}
	for _, sql := range []string{fillAccounts, fillProcessed, fillAttempts, fillTransfers, fillDeadLetters} {
		b.exec(sql, hugeRows)
	}
	if _, err := conn.Exec(t.Context(), "BEGIN"); err != nil {
		t.Fatal(err)
	}
	limits := []any{"0", "0", "0", "0"}
	if _, err := conn.Exec(t.Context(), statement(t, "queries/limits.sql"), limits...); err != nil {
		t.Fatal(err)
	}
	wantIndexes := func(state string, others bool) {
		for path, always := range arrayed {
			plan := b.explainGeneric(conn.Conn(), statement(t, path))
			if (always || others) && wholeTable.MatchString(plan) {
				t.Errorf("%s, %s:\n%s", path, state, plan)
			}
			if strings.HasSuffix(path, "update_balances.sql") && !inTheOrderGiven.MatchString(plan) {
				t.Errorf("%s, %s: rows are not locked in the order of the parameter:\n%s", path, state, plan)
			}
		}
	}
	wantIndexes("not analysed", false)
	b.exec("ANALYZE")
	wantIndexes("analysed", true)
}

var wholeTable = regexp.MustCompile("Seq Scan on (account|processed|transfer|declined_attempt|dead_letter)")

// inTheOrderGiven is a join that looks up one row after the other.
var inTheOrderGiven = regexp.MustCompile(
	`Nested Loop\n.*Subquery Scan on c\n.*ProjectSet\n.*Result\n.*Index Scan using account_pkey on account a\n`)

const (
	hugeRows     = 50_000
	fillAccounts = `INSERT INTO account (name, currency, kind, opening_balance, balance)
		SELECT 'account-' || i, 'USD', 'customer', 1000000, 1000000 FROM generate_series(1, $1::int) AS i`
	fillProcessed = `INSERT INTO processed (order_id, attempt, fingerprint, outcome, ref_owner, ref_id)
		SELECT 'order-' || i, 1, decode(md5(i::text), 'hex'), 1, i, i FROM generate_series(1, $1::int) AS i`
	fillAttempts = `INSERT INTO declined_attempt (order_id, attempt, fingerprint, reason, request, processed_at)
		SELECT 'order-' || i, 1, '', '', '{}', now() FROM generate_series(1, $1::int) AS i`
	fillDeadLetters = `WITH origin AS (
		    INSERT INTO source (topic_id, partition, topic) VALUES (gen_random_uuid(), 0, 'payments') RETURNING id)
		INSERT INTO dead_letter (source_id, record_offset, record_timestamp, reason, detail, account,
		                         header_keys, header_values)
		SELECT o.id, i, 0, 'invalid_json', '', 'account-' || i % 1000, '{}', '{}'
		  FROM origin o, generate_series(1, $1::int) AS i`
	fillTransfers = `INSERT INTO transfer (id, debit_account, credit_account, amount, reference)
		SELECT i, i, i + 1, 1, 'order-' || i FROM generate_series(1, $1::int) AS i`
)

// explain returns a plan, its lines cut short.
func (b *bench) explain(conn *pgx.Conn, sql string, args ...any) string {
	b.t.Helper()
	rows, err := conn.Query(b.t.Context(), "EXPLAIN (COSTS OFF) "+sql, args...)
	if err != nil {
		b.t.Fatalf("explain %s: %v", sql, err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		b.t.Fatalf("explain %s: %v", sql, err)
	}
	return joined(lines)
}

// explainGeneric gives the plan for whatever parameters.
func (b *bench) explainGeneric(conn *pgx.Conn, sql string) string {
	b.t.Helper()
	results, err := conn.PgConn().Exec(b.t.Context(), "EXPLAIN (GENERIC_PLAN, COSTS OFF) "+sql).ReadAll()
	if err != nil {
		b.t.Fatalf("explain %s: %v", sql, err)
	}
	var lines []string
	for _, row := range results[0].Rows {
		lines = append(lines, string(row[0]))
	}
	return joined(lines)
}

// joined are lines, each so long that one can read it.
func joined(lines []string) string {
	for i, line := range lines {
		lines[i] = line[:min(len(line), 200)]
	}
	return strings.Join(lines, "\n")
}

// An audit joins whole tables: in nested loops, a million rows take an hour.
func TestAuditsAreNotNested(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	err := pgx.BeginFunc(t.Context(), b.admin, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), statement(t, "queries/audit_plans.sql")); err != nil {
			return err
		}
		for _, path := range []string{
			"queries/audit_applied.sql", "queries/audit_transfers.sql", "../../ledger/queries/audit_balances.sql",
			"../../ledger/queries/audit_stripes.sql", "../../ledger/queries/audit_transfers.sql",
		} {
			if plan := b.explain(tx.Conn(), statement(t, path), 20); strings.Contains(plan, "Nested Loop") {
				t.Errorf("%s:\n%s", path, plan)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
