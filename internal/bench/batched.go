package bench

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/segmentio/kafka-go"
)

var (
	//go:embed queries/batched_claim.sql
	batchedClaimSQL string
	//go:embed queries/batched_debit.sql
	batchedDebitSQL string
	//go:embed queries/batched_insert_transfers.sql
	batchedInsertTransfersSQL string
)

const (
	// batchedMax is the most messages of a transaction.
	batchedMax = 2000
	// batchedLinger is how long is waited for one more.
	batchedLinger = 5 * time.Millisecond
	// batchedLoops is how many work side by side.
	batchedLoops = 2
)

// newBatched is the service that a good team writes in a week: messages in
// batches, each in one transaction of three statements on arrays, the offsets
// after it.
func newBatched(partitions int) peer {
	return peer{part: partBatched, loops: min(batchedLoops, partitions), queue: 2 * batchedMax, loop: batchedLoop}
}

func batchedLoop(ctx context.Context, p *peer, reader *kafka.Reader) error {
	for {
		messages, err := gather(ctx, reader)
		if err != nil {
			return err
		}
		orders := make([]order, len(messages))
		for i, message := range messages {
			if orders[i], err = decode(message); err != nil {
				return err
			}
		}
		if err := p.payAll(ctx, orders); err != nil {
			return err
		}
		if err := reader.CommitMessages(ctx, messages...); err != nil {
			return err
		}
	}
}

// gather waits for a message and takes those that follow at once.
func gather(ctx context.Context, reader *kafka.Reader) ([]kafka.Message, error) {
	first, err := reader.FetchMessage(ctx)
	if err != nil {
		return nil, err
	}
	messages := append(make([]kafka.Message, 0, batchedMax), first)
	waiting, cancel := context.WithTimeout(ctx, batchedLinger)
	defer cancel()
	for len(messages) < batchedMax {
		next, err := reader.FetchMessage(waiting)
		if err != nil {
			if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
				break
			}
			return nil, err
		}
		messages = append(messages, next)
	}
	return messages, nil
}

// errShort means that an account can't pay all that is asked of it.
var errShort = errors.New("an account is short")

// payAll decides a batch in one transaction, or, when an account can't pay all
// of it, order by order.
func (p *peer) payAll(ctx context.Context, orders []order) error {
	for {
		err := pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error { return p.payIn(ctx, tx, orders) })
		var refused *pgconn.PgError
		switch {
		case errors.Is(err, errShort):
			for i := range orders {
				if err := p.pay(ctx, &orders[i]); err != nil {
					return err
				}
			}
			return nil
		case errors.As(err, &refused) && refused.Code == "40P01": // deadlock_detected
			continue
		}
		return err
	}
}

func (p *peer) payIn(ctx context.Context, tx pgx.Tx, orders []order) error {
	fresh, err := claim(ctx, tx, orders)
	if err != nil || len(fresh) == 0 {
		return err
	}
	accounts, err := debit(ctx, tx, fresh)
	if err != nil {
		return err
	}
	n := len(fresh)
	debits, credits := make([]int64, n), make([]int64, n)
	amounts, references := make([]int64, n), make([]string, n)
	for i, o := range fresh {
		debits[i], credits[i], amounts[i], references[i] = accounts[o.Account], p.settlement, o.Amount, o.OrderID
	}
	if _, err := tx.Exec(ctx, batchedInsertTransfersSQL, debits, credits, amounts, references); err != nil {
		return fmt.Errorf("insert transfers: %w", err)
	}
	return nil
}

// claim records the orders and returns those that are new, each once.
func claim(ctx context.Context, tx pgx.Tx, orders []order) ([]*order, error) {
	first := make(map[string]*order, len(orders))
	sorted := make([]*order, 0, len(orders))
	for i := range orders {
		o := &orders[i]
		if _, repeated := first[o.OrderID]; !repeated {
			first[o.OrderID] = o
			sorted = append(sorted, o)
		}
	}
	// Neighbours in the index are written together.
	slices.SortFunc(sorted, func(a, b *order) int { return cmp.Compare(a.OrderID, b.OrderID) })
	n := len(sorted)
	ids, attempts, fingerprints := make([]string, n), make([]int32, n), make([][]byte, n)
	partitions, offsets := make([]int, n), make([]int64, n)
	for i, o := range sorted {
		ids[i], attempts[i], fingerprints[i] = o.OrderID, o.Attempt, o.fingerprint[:]
		partitions[i], offsets[i] = o.message.Partition, o.message.Offset
	}
	rows, err := tx.Query(ctx, batchedClaimSQL, ids, attempts, fingerprints, partitions, offsets)
	if err != nil {
		return nil, fmt.Errorf("claim orders: %w", err)
	}
	fresh := make([]*order, 0, n)
	var id string
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error {
		fresh = append(fresh, first[id])
		return nil
	})
	return fresh, err
}

// debit takes what the orders ask for, and returns the accounts' ids by name.
func debit(ctx context.Context, tx pgx.Tx, orders []*order) (map[string]int64, error) {
	sums := make(map[string]int64, len(orders))
	for _, o := range orders {
		sums[o.Account] += o.Amount
	}
	names, amounts := make([]string, 0, len(sums)), make([]int64, 0, len(sums))
	for name, sum := range sums {
		names, amounts = append(names, name), append(amounts, sum)
	}
	rows, err := tx.Query(ctx, batchedDebitSQL, names, amounts, currencyCode)
	if err != nil {
		return nil, fmt.Errorf("debit accounts: %w", err)
	}
	ids := make(map[string]int64, len(sums))
	var name string
	var id int64
	if _, err = pgx.ForEachRow(rows, []any{&name, &id}, func() error {
		ids[name] = id
		return nil
	}); err != nil {
		return nil, fmt.Errorf("debit accounts: %w", err)
	}
	if len(ids) < len(sums) {
		return nil, errShort
	}
	return ids, nil
}
