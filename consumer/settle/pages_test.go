package settle_test

import (
	"math"
	"regexp"
	"testing"
)

// Pages that operators look at are ranges of indexes, whatever the tables' sizes,
// without the settings of a worker's transaction.
func TestPagesUseIndexes(t *testing.T) {
	if testing.Short() {
		t.Skip("left out in short mode: it fills 50,000 accounts and orders")
	}
	t.Parallel()
	b := newBench(t)
	for _, sql := range []string{fillAccounts, fillProcessed, fillTransfers, fillDeadLetters} {
		b.exec(sql, hugeRows)
	}
	b.exec("UPDATE dead_letter SET order_id = 'order-' || record_offset, record_value = repeat('x', 500)::bytea")
	b.exec("VACUUM (ANALYZE) account, processed, transfer, dead_letter")
	conn, err := b.admin.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	entries := []any{7, 0, math.MaxInt64, nil, nil, false}
	page := append(entries[:6:6], 101)
	for path, args := range map[string][]any{
		"../../ledger/queries/list_entries.sql":            page,
		"../../ledger/queries/list_last_entries.sql":       page,
		"../../ledger/queries/sum_entries.sql":             entries,
		"../../ledger/queries/list_accounts_by_prefix.sql": {"account-1", "account-15", 101},
		"../../ledger/queries/list_latest_transfers.sql":   {100, 64},
		"queries/list_orders.sql":                          {"order-1", "order-15", 101},
		"queries/count_open_dead_letters.sql":              nil,
	} {
		if plan := b.explain(conn.Conn(), statement(t, path), args...); anyWholeTable.MatchString(plan) {
			t.Errorf("%s:\n%s", path, plan)
		}
	}
}

var anyWholeTable = regexp.MustCompile("Seq Scan on (account|processed|transfer|dead_letter)")
