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

// Order is all that is stored under an order id. That the order arrived again,
// and was answered by what is stored, is not.
type Order struct {
	ID string
	// Decided tells whether there is an answer. There is none when all commands
	// with the id were set aside, or the order was pruned.
	Decided bool
	// Answer is that to the highest attempt: the order's outcome.
	Answer
	// Earlier are the declined attempts before it, in their order.
	Earlier []Answer
	// Postings are the two sides of the transfer, the debit first; none when it was
	// declined.
	Postings []Posting
	// DeadLetters are records with the order's id that were set aside, such as
	// conflicts: the first 100.
	DeadLetters []OrderLetter
	// Horizon is the one in force when nothing was decided: the order may be from
	// before it, and was then pruned. nil when nothing was ever pruned.
	Horizon *dedupe.Horizon
}

// Posting is one side of a transfer.
type Posting struct {
	// Account is the account's name.
	Account string
	// Amount is in minor units: below zero for the account that paid.
	Amount int64
	// TransferID is the transfer's.
	TransferID int64
	// PostedAt is when the posting transaction began.
	PostedAt time.Time
	// Stripe is that of a settlement account; nil for a customer.
	Stripe *int16
}

// OrderLetter is a dead letter with what was done to it.
type OrderLetter struct {
	DeadLetter
	// Content has the record; nil when those before it took the room there is
	// (4 MiB): [GetDeadLetter] has it.
	Content *DeadLetterContent
	// Actions are in their order.
	Actions []LetterAction
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
// with it was read yet, or the order is so old that it was pruned.
type UnknownOrderError struct {
	OrderID string
	// Horizon is the one in force: the order may be from before it, and was then
	// pruned; nil when nothing was ever pruned.
	Horizon *dedupe.Horizon
}

// Error names the order and says where to look.
func (e *UnknownOrderError) Error() string {
	if h := e.Horizon; h != nil {
		return fmt.Sprintf("order %q is not known; orders from before %s were pruned on %s by %s",
			e.OrderID, h.Before.UTC().Format(time.RFC3339Nano), h.RecordedAt.UTC().Format(time.RFC3339), h.Actor)
	}
	return fmt.Sprintf(
		"order %q was never decided: its command was not read yet, or is a dead letter without an order id", e.OrderID)
}

const (
	maxOrderDeadLetters  = 100
	maxOrderContentBytes = 4 << 20
)

// FindOrder tells all about an order, as of one moment. The error is an
// [*UnknownOrderError] when nothing is recorded of it.
func FindOrder(ctx context.Context, db TxBeginner, id string) (Order, error) {
	order := Order{ID: id}
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, db, options, func(tx pgx.Tx) error {
		if err := order.findLetters(ctx, tx); err != nil {
			return err
		}
		register, err := dedupe.Find(ctx, tx, id)
		if err != nil {
			return err
		}
		records := register.Answers(id)
		answers, err := explainAnswers(ctx, tx, records)
		if err != nil {
			return fmt.Errorf("order %q: %w", id, err)
		}
		if len(answers) == 0 {
			return order.undecided(ctx, tx)
		}
		slices.SortFunc(answers, func(a, b Answer) int { return cmp.Compare(a.Attempt, b.Attempt) })
		last := len(answers) - 1
		order.Decided, order.Answer, order.Earlier = true, answers[last], answers[:last]
		return order.findPostings(ctx, tx, records[0].Ref)
	})
	if err != nil {
		return Order{}, err
	}
	return order, nil
}

func (o *Order) undecided(ctx context.Context, tx pgx.Tx) error {
	horizons, err := dedupe.Horizons(ctx, tx)
	if err != nil {
		return err
	}
	o.Horizon = dedupe.InForce(horizons)
	if len(o.DeadLetters) == 0 {
		return &UnknownOrderError{OrderID: o.ID, Horizon: o.Horizon}
	}
	return nil
}

// findPostings reads the transfer of an applied order.
func (o *Order) findPostings(ctx context.Context, tx pgx.Tx, made dedupe.Ref) error {
	if o.Outcome != dedupe.Applied {
		return nil
	}
	key := ledger.TransferKey{DebitAccount: made.Owner, ID: made.ID}
	transfers, err := ledger.GetTransfers(ctx, tx, key)
	if err != nil {
		return err
	}
	t := transfers[key]
	o.Postings = []Posting{
		{Account: o.Account, Amount: -t.Amount, TransferID: t.ID, PostedAt: t.PostedAt},
		{Account: o.CreditAccount, Amount: t.Amount, TransferID: t.ID, PostedAt: t.PostedAt, Stripe: t.CreditStripe},
	}
	return nil
}

// findLetters reads the order's dead letters, with what was done to them.
func (o *Order) findLetters(ctx context.Context, tx pgx.Tx) error {
	letters, err := DeadLetters(ctx, tx, DeadLetterFilter{OrderID: o.ID, Limit: maxOrderDeadLetters})
	if err != nil || len(letters) == 0 {
		return err
	}
	places := make(map[int64]*OrderLetter, len(letters))
	o.DeadLetters = make([]OrderLetter, len(letters))
	ids, whole, size := make([]int64, len(letters)), 0, int64(0)
	for i, letter := range letters {
		o.DeadLetters[i].DeadLetter = letter
		places[letter.ID], ids[i] = &o.DeadLetters[i], letter.ID
		if size += letter.Size; size <= maxOrderContentBytes {
			whole = i + 1
		}
	}
	err = ReadDeadLetters(ctx, tx, ids[:whole], func(letter *DeadLetterContent) error {
		places[letter.ID].Content = letter
		return nil
	})
	if err != nil {
		return err
	}
	actions, err := LetterActions(ctx, tx, ids...)
	for _, action := range actions {
		places[action.LetterID].Actions = append(places[action.LetterID].Actions, action)
	}
	return err
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
