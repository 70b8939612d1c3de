package bench

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/segmentio/kafka-go"

	"deductor/dedupe"
)

var (
	//go:embed queries/naive_find.sql
	naiveFindSQL string
	//go:embed queries/naive_insert_processed.sql
	naiveInsertProcessedSQL string
	//go:embed queries/naive_debit.sql
	naiveDebitSQL string
	//go:embed queries/naive_insert_transfer.sql
	naiveInsertTransferSQL string
)

// newNaive is the textbook's service: one transaction and one offset commit for
// each message, one loop for each partition.
func newNaive(partitions int) peer {
	return peer{part: partNaive, loops: partitions, queue: 100, loop: naiveLoop}
}

func naiveLoop(ctx context.Context, p *peer, reader *kafka.Reader) error {
	for {
		message, err := reader.FetchMessage(ctx)
		if err != nil {
			return err
		}
		o, err := decode(message)
		if err != nil {
			return err
		}
		if err := p.pay(ctx, &o); err != nil {
			return err
		}
		if err := reader.CommitMessages(ctx, message); err != nil {
			return err
		}
	}
}

// pay decides one order in one transaction.
func (p *peer) pay(ctx context.Context, o *order) error {
	return pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		var outcome dedupe.Outcome
		err := tx.QueryRow(ctx, naiveFindSQL, o.OrderID).Scan(&outcome)
		if !errors.Is(err, pgx.ErrNoRows) {
			return err // nil: it was answered before
		}
		var account int64
		err = tx.QueryRow(ctx, naiveDebitSQL, o.Account, o.Currency, o.Amount).Scan(&account)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return o.insertProcessed(ctx, tx, dedupe.Declined)
		case err != nil:
			return err
		}
		if err := o.insertProcessed(ctx, tx, dedupe.Applied); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, naiveInsertTransferSQL, account, p.settlement, o.Amount, o.OrderID)
		return err
	})
}

func (o *order) insertProcessed(ctx context.Context, tx pgx.Tx, outcome dedupe.Outcome) error {
	var reason *string
	var request json.RawMessage
	if outcome == dedupe.Declined {
		text := "declined"
		reason, request = &text, o.message.Value
	}
	_, err := tx.Exec(ctx, naiveInsertProcessedSQL, o.OrderID, o.Attempt, o.fingerprint[:], int16(outcome),
		reason, request, o.message.Partition, o.message.Offset)
	return err
}
