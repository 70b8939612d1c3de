package settle

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/dedupe"
	"deductor/ledger"
)

// Order is all that is stored under an order id.
type Order struct {
	ID string
	// Answer is that to the highest attempt: the order's outcome.
	Answer
	// Earlier are the declined attempts before it, in their order.
	Earlier []Answer
	// DeadLetters are records with the order's id that were set aside, such as
	// conflicts: the first 100.
	DeadLetters []DeadLetter
}

// Answer is what became of one attempt of an order.
type Answer struct {
	Attempt int32
	Outcome dedupe.Outcome
	// Reason is the code of a decline; empty when applied.
	Reason string
	// Account was to be debited, CreditAccount to be credited.
	Account, CreditAccount string
	// Amount is in minor units.
	Amount int64
	// Currency is an ISO 4217 code.
	Currency string
	// TransferID is 0 when declined.
	TransferID int64
	// Origin is nil when the command did not come from a topic.
	Origin *Origin
	// ProcessedAt is when the deciding transaction began.
	ProcessedAt time.Time
}

// UnknownOrderError says that nothing is recorded under an order id: no command
// with it was read yet, or none that could be a payment, or the order is so old
// that it was pruned.
type UnknownOrderError struct {
	OrderID string
	// DeadLetters are records with the order's id: the first 100.
	DeadLetters []DeadLetter
	// Horizon is the one in force: the order may be from before it, and was then
	// pruned; nil when nothing was ever pruned.
	Horizon *dedupe.Horizon
}

// Error names the order and says where to look.
func (e *UnknownOrderError) Error() string {
	if h := e.Horizon; h != nil {
		text := fmt.Sprintf("order %q is not known; orders from before %s were pruned on %s by %s",
			e.OrderID, h.Before.UTC().Format(time.RFC3339Nano), h.RecordedAt.UTC().Format(time.RFC3339), h.Actor)
		if n := len(e.DeadLetters); n > 0 {
			text += fmt.Sprintf(": commands with its id are dead letters (%d)", n)
		}
		return text
	}
	if n := len(e.DeadLetters); n > 0 {
		return fmt.Sprintf("order %q was never decided: commands with its id are dead letters (%d)", e.OrderID, n)
	}
	return fmt.Sprintf(
		"order %q was never decided: its command was not read yet, or is a dead letter without an order id", e.OrderID)
}

const maxOrderDeadLetters = 100

// FindOrder tells all about an order, as of one moment. The error is an
// [*UnknownOrderError] when nothing is recorded of it.
func FindOrder(ctx context.Context, db TxBeginner, id string) (Order, error) {
	order := Order{ID: id}
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, db, options, func(tx pgx.Tx) (err error) {
		filter := DeadLetterFilter{OrderID: id, Limit: maxOrderDeadLetters}
		if order.DeadLetters, err = DeadLetters(ctx, tx, filter); err != nil {
			return err
		}
		register, err := dedupe.Find(ctx, tx, id)
		if err != nil {
			return err
		}
		answers, err := explainAnswers(ctx, tx, register.Answers(id))
		if err != nil {
			return fmt.Errorf("order %q: %w", id, err)
		}
		if len(answers) == 0 {
			return unknownOrder(ctx, tx, &order)
		}
		slices.SortFunc(answers, func(a, b Answer) int { return cmp.Compare(a.Attempt, b.Attempt) })
		last := len(answers) - 1
		order.Answer, order.Earlier = answers[last], answers[:last]
		return nil
	})
	if err != nil {
		return Order{}, err
	}
	return order, nil
}

func unknownOrder(ctx context.Context, tx pgx.Tx, order *Order) error {
	horizons, err := dedupe.Horizons(ctx, tx)
	if err != nil {
		return err
	}
	return &UnknownOrderError{
		OrderID: order.ID, DeadLetters: order.DeadLetters, Horizon: dedupe.InForce(horizons),
	}
}

// explainAnswers adds to records what they refer to.
func explainAnswers(ctx context.Context, tx pgx.Tx, records []dedupe.Record) ([]Answer, error) {
	var keys []ledger.TransferKey
	var sourceIDs []int32
	for i := range records {
		if r := &records[i]; r.Outcome == dedupe.Applied {
			keys = append(keys, ledger.TransferKey{DebitAccount: r.Ref.Owner, ID: r.Ref.ID})
		}
		if source := records[i].Source; source != nil {
			sourceIDs = append(sourceIDs, source.ID)
		}
	}
	requests, err := storedRequests(ctx, tx, keys)
	if err != nil {
		return nil, err
	}
	origins, err := getOrigins(ctx, tx, sourceIDs)
	if err != nil {
		return nil, err
	}
	answers := make([]Answer, len(records))
	for i := range records {
		if answers[i], err = answerOf(&records[i], requests); err != nil {
			return nil, err
		}
		if source := records[i].Source; source != nil {
			origin := origins[source.ID]
			origin.Offset = source.Position
			answers[i].Origin = &origin
		}
	}
	return answers, nil
}

// answerOf is all of an answer but its origin.
func answerOf(record *dedupe.Record, requests map[ledger.TransferKey]request) (Answer, error) {
	key := ledger.TransferKey{DebitAccount: record.Ref.Owner, ID: record.Ref.ID}
	asked, found := requests[key]
	if record.Outcome == dedupe.Declined {
		if err := json.Unmarshal(record.Request, &asked); err != nil {
			return Answer{}, fmt.Errorf("attempt %d: read what it asked for: %w", record.Attempt, err)
		}
	} else if !found {
		return Answer{}, fmt.Errorf("its transfer %d of account id %d does not exist: run deductor audit",
			key.ID, key.DebitAccount)
	}
	amount, err := strconv.ParseInt(asked.AmountMinor, 10, 64)
	if err != nil {
		return Answer{}, fmt.Errorf("attempt %d: read the amount that it asked for: %w", record.Attempt, err)
	}
	return Answer{
		Attempt:       record.Attempt,
		Outcome:       record.Outcome,
		Reason:        record.Reason,
		Account:       asked.Account,
		CreditAccount: asked.CreditAccount,
		Amount:        amount,
		Currency:      asked.Currency,
		TransferID:    record.Ref.ID,
		ProcessedAt:   record.ProcessedAt,
	}, nil
}
