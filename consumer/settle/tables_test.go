package settle_test

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
)

// rows runs a query as the superuser and returns each row's columns, printed
// and joined by spaces.
func (b *bench) rows(sql string, args ...any) []string {
	b.t.Helper()
	rows, err := b.admin.Query(b.t.Context(), sql, args...)
	if err != nil {
		b.t.Fatalf("%s: %v", sql, err)
	}
	printed, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		values, err := row.Values()
		return strings.TrimSuffix(fmt.Sprintln(values...), "\n"), err
	})
	if err != nil {
		b.t.Fatalf("%s: %v", sql, err)
	}
	return printed
}

// row is rows for a query that has one.
func (b *bench) row(sql string, args ...any) string {
	b.t.Helper()
	rows := b.rows(sql, args...)
	if len(rows) != 1 {
		b.t.Fatalf("%s: %d rows, want 1", sql, len(rows))
	}
	return rows[0]
}

const storedOrders = `
	SELECT p.order_id, p.attempt, CASE p.outcome
	           WHEN 1 THEN format('applied attempt %s at %s@%s: %s %s from %s to %s', p.attempt, s.partition,
	                              p.source_position, t.amount, d.currency, d.name, c.name)
	           ELSE format('declined attempt %s at %s@%s: %s', p.attempt, s.partition, p.source_position, p.reason)
	       END
	  FROM processed p
	  JOIN source s ON s.id = p.source_id
	  LEFT JOIN transfer t ON t.debit_account = p.ref_owner AND t.id = p.ref_id AND t.reference = p.order_id
	  LEFT JOIN account d ON d.id = t.debit_account
	  LEFT JOIN account c ON c.id = t.credit_account
	 UNION ALL
	SELECT e.order_id, e.attempt,
	       format('declined attempt %s at %s@%s: %s', e.attempt, s.partition, e.source_position, e.reason)
	  FROM declined_attempt e
	  JOIN source s ON s.id = e.source_id
	 ORDER BY 1, 2 DESC`

// orders prints what is stored of each order, the highest attempt first.
func (b *bench) orders() map[string]string {
	b.t.Helper()
	rows, err := b.admin.Query(b.t.Context(), storedOrders)
	if err != nil {
		b.t.Fatalf("read orders: %v", err)
	}
	found := make(map[string]string)
	var id, answer string
	var attempt int32
	if _, err := pgx.ForEachRow(rows, []any{&id, &attempt, &answer}, func() error {
		if earlier := found[id]; earlier != "" {
			answer = earlier + " | " + answer
		}
		found[id] = answer
		return nil
	}); err != nil {
		b.t.Fatalf("read orders: %v", err)
	}
	return found
}

// wantOrder compares what is stored of an order; nothing is stored when want
// is empty.
func (b *bench) wantOrder(id, want string) {
	b.t.Helper()
	if got := b.orders()[id]; got != want {
		b.t.Errorf("order %s is stored as\n%q, want\n%q", id, got, want)
	}
}

// wantBalances compares balances, in minor units.
func (b *bench) wantBalances(want map[string]int64) {
	b.t.Helper()
	for name, balance := range want {
		got := b.row("SELECT balance FROM account_balance WHERE name = $1", name)
		if got != fmt.Sprint(balance) {
			b.t.Errorf("%s holds %s, want %d", name, got, balance)
		}
	}
}

// wantTransfers compares how often money moved for an order.
func (b *bench) wantTransfers(id string, want int) {
	b.t.Helper()
	if got := b.row("SELECT count(*) FROM transfer WHERE reference = $1", id); got != fmt.Sprint(want) {
		b.t.Errorf("order %s was debited %s times, want %d", id, got, want)
	}
}

// wantDeadLetters compares all dead letters: partition@offset, reason and order.
func (b *bench) wantDeadLetters(want ...string) {
	b.t.Helper()
	got := b.rows(`SELECT format('%s@%s %s %s', s.partition, d.record_offset, d.reason, coalesce(d.order_id, '-'))
	                 FROM dead_letter d JOIN source s ON s.id = d.source_id
	                ORDER BY s.partition, d.record_offset`)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		b.t.Errorf("dead letters\n%q, want\n%q", got, want)
	}
}

// wantWatermark compares how far the partition was read.
func (b *bench) wantWatermark(f *feed, want int64) {
	b.t.Helper()
	got := b.row("SELECT next_offset FROM watermark WHERE consumer_group = $1 AND topic = $2 AND partition = $3",
		f.key.Group, f.key.Topic, f.key.Partition)
	if got != fmt.Sprint(want) {
		b.t.Errorf("the watermark of partition %d is %s, want %d", f.key.Partition, got, want)
	}
}

// wantCounts compares what became of a batch.
func (b *bench) wantCounts(got settle.Counts, want map[settle.Kind]int64) {
	b.t.Helper()
	for kind := range settle.Kind(len(got)) {
		if got[kind] != want[kind] {
			b.t.Errorf("%d were %v, want %d", got[kind], kind, want[kind])
		}
	}
}

// audit proves the books, by the audit that operators run.
func (b *bench) audit() {
	b.t.Helper()
	checks, _, err := settle.Audit(b.t.Context(), b.admin, 10)
	if err != nil {
		b.t.Fatalf("audit: %v", err)
	}
	for _, check := range checks {
		for _, finding := range check.Findings {
			b.t.Errorf("not so: %s: %s: %s", check.Question, finding.Subject, finding.Detail)
		}
	}
}

// snapshot prints every row of every table.
func (b *bench) snapshot() string {
	b.t.Helper()
	var all []string
	for _, table := range []string{"account", "settlement_stripe", "transfer", "processed", "declined_attempt",
		"processed_horizon", "watermark", "source", "dead_letter", "dead_letter_action", "partition_halt",
		"partition_intervention"} {
		all = append(all, "", table)
		all = append(all, b.rows("SELECT x::text FROM "+table+" x ORDER BY 1")...)
	}
	return strings.Join(all, "\n")
}

// wantUnchanged compares all tables with what they were.
func (b *bench) wantUnchanged(before string) {
	b.t.Helper()
	if after := b.snapshot(); after != before {
		b.t.Errorf("something was written; before:\n%s\n\nafter:\n%s", before, after)
	}
}
