package demo

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
	"deductor/ledger"
)

var (
	//go:embed queries/records.sql
	recordsSQL string
	//go:embed queries/orders.sql
	ordersSQL string
	//go:embed queries/transfers.sql
	transfersSQL string
	//go:embed queries/balances.sql
	balancesSQL string
	//go:embed queries/dead_letters.sql
	deadLettersSQL string
)

// found is what the database says, when all was read. It is asked by queries of
// the demo's own: what it proves should not prove itself.
type found struct {
	records     int64
	orders      map[string]string // by order id: the reason of a decline, empty when applied
	transfers   map[string][]transfer
	balances    map[string]int64 // by account, minor units
	deadLetters []deadLetter
	checks      []ledger.Check
	totals      []ledger.CurrencyTotals
}

type transfer struct {
	debit, credit, currency string
	amount                  int64 // minor units
}

type deadLetter struct {
	reason string
	value  []byte
}

// maxFindings bounds what an audit's check tells.
const maxFindings = 5

func read(ctx context.Context, conn *pgx.Conn) (*found, error) {
	f := &found{orders: make(map[string]string), transfers: make(map[string][]transfer), balances: make(map[string]int64)}
	moment := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, conn, moment, func(tx pgx.Tx) error { return f.readTables(ctx, tx) })
	if err != nil {
		return nil, fmt.Errorf("read the result: %w", err)
	}
	f.checks, f.totals, err = settle.Audit(ctx, conn, maxFindings)
	return f, err
}

func (f *found) readTables(ctx context.Context, tx pgx.Tx) error {
	if err := tx.QueryRow(ctx, recordsSQL).Scan(&f.records); err != nil {
		return err
	}
	var id, reason string
	var t transfer
	var letter deadLetter
	var name string
	var balance int64
	for _, table := range []struct {
		sql     string
		targets []any
		keep    func()
	}{
		{ordersSQL, []any{&id, &reason}, func() { f.orders[id] = reason }},
		{transfersSQL, []any{&id, &t.debit, &t.credit, &t.currency, &t.amount},
			func() { f.transfers[id] = append(f.transfers[id], t) }},
		{balancesSQL, []any{&name, &balance}, func() { f.balances[name] = balance }},
		{deadLettersSQL, []any{&letter.reason, &letter.value},
			func() { f.deadLetters = append(f.deadLetters, letter) }},
	} {
		rows, err := tx.Query(ctx, table.sql)
		if err != nil {
			return err
		}
		if _, err := pgx.ForEachRow(rows, table.targets, func() error { table.keep(); return nil }); err != nil {
			return err
		}
	}
	return nil
}
