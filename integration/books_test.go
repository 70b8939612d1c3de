package integration

import (
	"encoding/json"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Column processed.outcome.
const (
	applied  = 1
	declined = 2
)

// answer is a row of processed with the transfer that it points to.
type answer struct {
	attempt int32
	outcome int16
	reason  string
	payment
}

// books is what the database says, read by SQL.
type books struct {
	answers   map[string]answer         // by order id
	transfers map[string]int            // number of transfers by reference
	balances  map[string]int64          // by account name, minor units
	conflicts map[string]map[letter]int // dead letters with code order_conflict by order id
	letters   map[letter]int            // all others
}

// check compares the database with the oracle, and asks deductor for its own audit.
func (e *env) check() {
	e.t.Helper()
	found := e.oracle.difference(e.readBooks())
	if len(found) > 0 {
		shown := found[:min(len(found), 15)]
		e.t.Errorf("%d differences to what was produced:\n\t%s", len(found), strings.Join(shown, "\n\t"))
	}
	var audit struct {
		OK     bool              `json:"ok"`
		Checks []json.RawMessage `json:"checks"`
	}
	e.read(&audit, "audit")
	if !audit.OK || len(audit.Checks) == 0 {
		e.t.Errorf("audit says %+v", audit)
	}
}

func (e *env) readBooks() *books {
	e.t.Helper()
	b := &books{
		answers: map[string]answer{}, transfers: map[string]int{}, balances: map[string]int64{},
		conflicts: map[string]map[letter]int{}, letters: map[letter]int{},
	}
	e.readAnswers(b)
	e.readLetters(b)
	var name string
	var n int64
	e.rows("SELECT reference, count(*) FROM transfer GROUP BY reference", []any{&name, &n}, func() {
		b.transfers[name] = int(n)
	})
	e.rows("SELECT name, balance FROM account_balance", []any{&name, &n}, func() {
		b.balances[name] = n
	})
	return b
}

func (e *env) readAnswers(b *books) {
	e.t.Helper()
	var order string
	var a answer
	into := []any{&order, &a.attempt, &a.outcome, &a.reason, &a.account, &a.credit, &a.currency, &a.minor}
	// What an applied order asked for is in its transfer, what a declined one
	// asked for in its row; a missing one shows as empty.
	e.rows(`SELECT p.order_id, p.attempt, p.outcome, coalesce(p.reason, ''),
	               coalesce(d.name, p.request ->> 'account', ''), coalesce(c.name, p.request ->> 'credit_account', ''),
	               coalesce(d.currency, p.request ->> 'currency', ''),
	               coalesce(t.amount, (p.request ->> 'amount_minor')::bigint, 0)
	          FROM processed p
	          LEFT JOIN transfer t ON t.debit_account = p.ref_owner AND t.id = p.ref_id AND t.reference = p.order_id
	          LEFT JOIN account d ON d.id = t.debit_account
	          LEFT JOIN account c ON c.id = t.credit_account`, into, func() { b.answers[order] = a })
}

func (e *env) readLetters(b *books) {
	e.t.Helper()
	var reason, order string
	var key, value []byte
	var headerKeys, headerValues [][]byte
	into := []any{&reason, &order, &key, &value, &headerKeys, &headerValues}
	e.rows(`SELECT reason, coalesce(order_id, ''), record_key, record_value, header_keys, header_values
	          FROM dead_letter`, into, func() {
		kept := letterOf(reason, key, value, headerKeys, headerValues)
		if reason != conflictReason {
			b.letters[kept]++
			return
		}
		if b.conflicts[order] == nil {
			b.conflicts[order] = map[letter]int{}
		}
		b.conflicts[order][kept]++
	})
}

// rows calls each for every row of the query, scanned into the variables.
func (e *env) rows(query string, into []any, each func()) {
	e.t.Helper()
	rows, err := e.pool.Query(e.t.Context(), query)
	if err == nil {
		_, err = pgx.ForEachRow(rows, into, func() error { each(); return nil })
	}
	if err != nil {
		e.t.Fatalf("%s: %v", query, err)
	}
}
