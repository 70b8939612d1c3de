package settle_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"deductor/consumer/settle"
	"deductor/dedupe"
	"deductor/internal/pgtest"
)

// findOrder checks and clears what each run has anew: ids and times.
func findOrder(t *testing.T, db *pgtest.DB, id string) settle.Order {
	t.Helper()
	order, err := settle.FindOrder(t.Context(), db.Pool, id)
	if err != nil {
		t.Fatal(err)
	}
	for i := range order.Postings {
		p := &order.Postings[i]
		if p.TransferID != order.TransferID || !p.PostedAt.Equal(order.ProcessedAt) {
			t.Errorf("posting %+v of %+v", p, order.Answer)
		}
		p.TransferID, p.PostedAt, p.Stripe = 0, time.Time{}, nil
	}
	if order.Decided {
		clearAnswer(t, &order.Answer)
	}
	for i := range order.Earlier {
		clearAnswer(t, &order.Earlier[i])
	}
	for i := range order.DeadLetters {
		letter := &order.DeadLetters[i]
		if letter.Content == nil || letter.Content.DeadLetter != letter.DeadLetter || letter.Content.Value == nil {
			t.Errorf("dead letter %d has %+v", letter.ID, letter.Content)
		}
		letter.Content = nil
		clearLetter(t, &letter.DeadLetter)
	}
	return order
}

func clearAnswer(t *testing.T, a *settle.Answer) {
	t.Helper()
	if age := time.Since(a.ProcessedAt); age < -time.Minute || age > time.Hour {
		t.Errorf("attempt %d was processed at %v", a.Attempt, a.ProcessedAt)
	}
	if (a.TransferID > 0) != (a.Outcome == dedupe.Applied) {
		t.Errorf("attempt %d is %v with transfer %d", a.Attempt, a.Outcome, a.TransferID)
	}
	a.ProcessedAt, a.TransferID = time.Time{}, 0
}

func clearLetter(t *testing.T, letter *settle.DeadLetter) {
	t.Helper()
	if age := time.Since(letter.CreatedAt); age < -time.Minute || age > time.Hour || letter.ID < 1 {
		t.Errorf("dead letter %d was created at %v", letter.ID, letter.CreatedAt)
	}
	letter.ID, letter.CreatedAt, letter.Size = 0, time.Time{}, 0
}

func at(offset int64) settle.Origin {
	return settle.Origin{Topic: "payments", Partition: 3, Offset: offset}
}

func TestFindOrder(t *testing.T) {
	t.Parallel()
	db := settled(t,
		`{"order_id":"paid","account":"alice","amount":"1.50","currency":"USD"}`,
		`{"order_id":"to-bob","account":"alice","amount":"2.00","currency":"USD","credit_account":"bob"}`,
		`{"order_id":"retried","account":"nobody","amount":"1.00","currency":"USD"}`,
		`{"order_id":"retried","account":"alice","amount":"99.00","currency":"USD","attempt":2}`,
		`{"order_id":"retried","account":"alice","amount":"3.00","currency":"USD","attempt":5}`,
		`{"order_id":"declined","account":"alice","amount":"1.00","currency":"EUR","attempt":7}`,
		`{"order_id":"paid","account":"alice","amount":"1.51","currency":"USD"}`,
		`{"order_id":"paid","account":"alice","amount":"1.50","currency":"usd"}`,
	)
	const settlement = "settlement:USD"
	origin := func(offset int64) *settle.Origin { o := at(offset); return &o }
	for _, want := range []settle.Order{
		{
			ID: "paid",
			Answer: settle.Answer{Attempt: 1, Outcome: dedupe.Applied, Account: "alice", CreditAccount: settlement,
				Amount: 150, Currency: "USD", Origin: origin(40)},
			Earlier: []settle.Answer{}, Postings: postings("alice", settlement, 150),
			DeadLetters: []settle.OrderLetter{
				{DeadLetter: settle.DeadLetter{Origin: at(46), Reason: "order_conflict", OrderID: "paid", Account: "alice",
					State: settle.Open, Detail: "the order is known with another amount_minor"}},
				{DeadLetter: settle.DeadLetter{Origin: at(47), Reason: "unknown_currency", OrderID: "paid", Account: "alice",
					State: settle.Open, Detail: `currency "usd" is unknown; expected an ISO 4217 code such as "USD"`}},
			},
		},
		{
			ID: "to-bob",
			Answer: settle.Answer{Attempt: 1, Outcome: dedupe.Applied, Account: "alice", CreditAccount: "bob",
				Amount: 200, Currency: "USD", Origin: origin(41)},
			Earlier: []settle.Answer{}, Postings: postings("alice", "bob", 200),
		},
		{
			ID: "retried",
			Answer: settle.Answer{Attempt: 5, Outcome: dedupe.Applied, Account: "alice", CreditAccount: settlement,
				Amount: 300, Currency: "USD", Origin: origin(44)},
			Earlier: []settle.Answer{
				{Attempt: 1, Outcome: dedupe.Declined, Reason: "account_not_found", Account: "nobody",
					CreditAccount: settlement, Amount: 100, Currency: "USD", Origin: origin(42)},
				{Attempt: 2, Outcome: dedupe.Declined, Reason: "insufficient_funds", Account: "alice",
					CreditAccount: settlement, Amount: 9900, Currency: "USD", Origin: origin(43)},
			},
			Postings: postings("alice", settlement, 300),
		},
		{
			ID: "declined",
			Answer: settle.Answer{Attempt: 7, Outcome: dedupe.Declined, Reason: "account_not_found", Account: "alice",
				CreditAccount: "settlement:EUR", Amount: 100, Currency: "EUR", Origin: origin(45)},
			Earlier: []settle.Answer{},
		},
	} {
		want.Decided = true
		if got := findOrder(t, db, want.ID); !reflect.DeepEqual(got, want) {
			t.Errorf("order %s is\n%+v, want\n%+v", want.ID, got, want)
		}
	}
}

func postings(from, to string, amount int64) []settle.Posting {
	return []settle.Posting{{Account: from, Amount: -amount}, {Account: to, Amount: amount}}
}

func TestFindOrderThatWasSetAside(t *testing.T) {
	t.Parallel()
	db := settled(t, `{"order_id":"bad","account":"alice","amount":1.5,"currency":"USD"}`)
	if order := findOrder(t, db, "bad"); order.Decided || len(order.DeadLetters) != 1 || order.Horizon != nil {
		t.Errorf("order bad is %+v, want a dead letter and no answer", order)
	}
	_, err := settle.FindOrder(t.Context(), db.Pool, "never")
	var unknown *settle.UnknownOrderError
	if !errors.As(err, &unknown) || unknown.OrderID != "never" ||
		!strings.Contains(err.Error(), `order "never" was never decided`) {
		t.Errorf("the error is %+v, want an UnknownOrderError", err)
	}
}

// Records are shown as long as there is room for them.
func TestFindOrderWithLargeDeadLetters(t *testing.T) {
	t.Parallel()
	large := `{"order_id":"bad","padding":"` + strings.Repeat("x", 900_000) + `"}`
	db := settled(t, large, large, large, large, large, large)
	order, err := settle.FindOrder(t.Context(), db.Pool, "bad")
	if err != nil {
		t.Fatal(err)
	}
	whole := 0
	for i := range order.DeadLetters {
		if order.DeadLetters[i].Content != nil {
			whole++
		}
	}
	if len(order.DeadLetters) != 6 || whole != 4 {
		t.Errorf("%d of %d dead letters are whole, want 4 of 6", whole, len(order.DeadLetters))
	}
}

// An order that came by no topic, such as one that an HTTP service recorded.
func TestFindOrderWithoutOrigin(t *testing.T) {
	t.Parallel()
	db := settled(t, `{"order_id":"paid","account":"alice","amount":"1.50","currency":"USD"}`)
	if _, err := db.Pool.Exec(t.Context(), "UPDATE processed SET source_id = NULL, source_position = NULL"); err != nil {
		t.Fatal(err)
	}
	if order := findOrder(t, db, "paid"); order.Origin != nil || order.Amount != 150 {
		t.Errorf("order paid is %+v, want none of Origin", order)
	}
}

func TestFindOrderWhoseTransferIsGone(t *testing.T) {
	t.Parallel()
	db := settled(t, `{"order_id":"paid","account":"alice","amount":"1.50","currency":"USD"}`)
	if _, err := db.Pool.Exec(t.Context(), "DELETE FROM transfer"); err != nil {
		t.Fatal(err)
	}
	_, err := settle.FindOrder(t.Context(), db.Pool, "paid")
	if err == nil || !strings.Contains(err.Error(), `order "paid": its transfer `) ||
		!strings.Contains(err.Error(), "does not exist: run deductor audit") {
		t.Errorf("the error is %v", err)
	}
}
