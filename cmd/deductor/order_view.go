package main

import (
	"strconv"
	"time"

	"deductor/consumer/currency"
	"deductor/consumer/settle"
)

// answerView is an answer to an attempt as users see it: the amount in major
// units, and as an integer of minor units.
type answerView struct {
	Outcome       string    `json:"outcome"`
	Reason        *string   `json:"reason"`
	Account       jsonText  `json:"account"`
	CreditAccount jsonText  `json:"credit_account"`
	Amount        string    `json:"amount"`
	AmountMinor   string    `json:"amount_minor"`
	Currency      string    `json:"currency"`
	Attempt       int32     `json:"attempt"`
	TransferID    *int64    `json:"transfer_id"`
	Topic         *string   `json:"topic"`
	Partition     *int32    `json:"partition"`
	Offset        *int64    `json:"offset"`
	ProcessedAt   time.Time `json:"processed_at"`
}

// orderView is an order as users see it.
type orderView struct {
	OrderID jsonText `json:"order_id"`
	answerView
	EarlierAttempts []answerView     `json:"earlier_attempts"`
	DeadLetters     []deadLetterView `json:"dead_letters"`
}

func viewOrder(order *settle.Order) orderView {
	view := orderView{
		OrderID:         jsonText(order.ID),
		answerView:      viewAnswer(&order.Answer),
		EarlierAttempts: make([]answerView, len(order.Earlier)),
		DeadLetters:     viewDeadLetters(order.DeadLetters),
	}
	for i := range order.Earlier {
		view.EarlierAttempts[i] = viewAnswer(&order.Earlier[i])
	}
	return view
}

func viewAnswer(a *settle.Answer) answerView {
	view := answerView{
		Outcome:       a.Outcome.String(),
		Account:       jsonText(a.Account),
		CreditAccount: jsonText(a.CreditAccount),
		Amount:        currency.Format(a.Amount, a.Currency),
		AmountMinor:   strconv.FormatInt(a.Amount, 10),
		Currency:      a.Currency,
		Attempt:       a.Attempt,
		ProcessedAt:   a.ProcessedAt.UTC(),
	}
	if a.Reason != "" {
		view.Reason = &a.Reason
	}
	if a.TransferID != 0 {
		view.TransferID = &a.TransferID
	}
	if a.Origin != nil {
		view.Topic, view.Partition, view.Offset = &a.Origin.Topic, &a.Origin.Partition, &a.Origin.Offset
	}
	return view
}
