package main

import (
	"strconv"
	"time"

	"deductor/consumer/currency"
	"deductor/consumer/settle"
)

// answerView is an answer to an attempt as users see it: the amount in major
// units, and as an integer of minor units. Of an order that was only ever set
// aside the outcome is dead_letter, and all but the reason is null.
type answerView struct {
	Outcome       string     `json:"outcome"`
	Reason        *string    `json:"reason"`
	Account       *jsonText  `json:"account"`
	CreditAccount *jsonText  `json:"credit_account"`
	Amount        *string    `json:"amount"`
	AmountMinor   *string    `json:"amount_minor"`
	Currency      *string    `json:"currency"`
	Attempt       *int32     `json:"attempt"`
	TransferID    *int64     `json:"transfer_id"`
	Topic         *string    `json:"topic"`
	Partition     *int32     `json:"partition"`
	Offset        *int64     `json:"offset"`
	ProcessedAt   *time.Time `json:"processed_at"`
}

// orderView is an order as users see it.
type orderView struct {
	Answer  jsonText `json:"answer"`
	OrderID jsonText `json:"order_id"`
	answerView
	Entries         []postingView     `json:"entries"`
	EarlierAttempts []answerView      `json:"earlier_attempts"`
	History         []eventView       `json:"history"`
	DeadLetters     []orderLetterView `json:"dead_letters"`
}

// postingView is one side of the transfer: an amount below zero was debited.
type postingView struct {
	TransferID  int64     `json:"transfer_id"`
	Account     jsonText  `json:"account"`
	Amount      string    `json:"amount"`
	AmountMinor string    `json:"amount_minor"`
	Currency    string    `json:"currency"`
	PostedAt    time.Time `json:"posted_at"`
}

// eventView is one thing that happened to an order; null is what it has not.
type eventView struct {
	At         time.Time `json:"at"`
	Event      string    `json:"event"`
	Code       *jsonText `json:"code"`
	Detail     *jsonText `json:"detail"`
	Attempt    *int32    `json:"attempt"`
	TransferID *int64    `json:"transfer_id"`
	DeadLetter *int64    `json:"dead_letter_id"`
	Topic      *string   `json:"topic"`
	Partition  *int32    `json:"partition"`
	Offset     *int64    `json:"offset"`
	Actor      *jsonText `json:"actor"`
	Reason     *jsonText `json:"reason"`
}

// orderLetterView is a dead letter with what was done to it. Its record is null
// when there was no room for it.
type orderLetterView struct {
	deadLetterView
	Record  *recordView  `json:"record"`
	Actions []actionView `json:"actions"`
}

func viewOrder(order *settle.Order) orderView {
	view := orderView{
		Answer:          jsonText(verdict(order)),
		OrderID:         jsonText(order.ID),
		Entries:         make([]postingView, len(order.Postings)),
		EarlierAttempts: make([]answerView, len(order.Earlier)),
		DeadLetters:     make([]orderLetterView, len(order.DeadLetters)),
	}
	if order.Decided {
		view.answerView = viewAnswer(&order.Answer)
	} else {
		view.answerView = answerView{Outcome: "dead_letter", Reason: &inTheWay(order).Reason}
	}
	for i, p := range order.Postings {
		view.Entries[i] = postingView{p.TransferID, jsonText(p.Account), currency.Format(p.Amount, order.Currency),
			strconv.FormatInt(p.Amount, 10), order.Currency, p.PostedAt.UTC()}
	}
	for i := range order.Earlier {
		view.EarlierAttempts[i] = viewAnswer(&order.Earlier[i])
	}
	for _, event := range order.Events() {
		view.History = append(view.History, viewEvent(event))
	}
	for i := range order.DeadLetters {
		letter := &order.DeadLetters[i]
		view.DeadLetters[i] = orderLetterView{deadLetterView: viewDeadLetter(&letter.DeadLetter),
			Actions: viewActions(letter.Actions)}
		if letter.Content != nil {
			record := viewRecord(letter.Content)
			view.DeadLetters[i].Record = &record
		}
	}
	return view
}

func viewAnswer(a *settle.Answer) answerView {
	amount, minor := currency.Format(a.Amount, a.Currency), strconv.FormatInt(a.Amount, 10)
	processedAt := a.ProcessedAt.UTC()
	view := answerView{
		Outcome:       a.Outcome.String(),
		Account:       textOrNull(a.Account),
		CreditAccount: textOrNull(a.CreditAccount),
		Amount:        &amount,
		AmountMinor:   &minor,
		Currency:      &a.Currency,
		Attempt:       &a.Attempt,
		ProcessedAt:   &processedAt,
	}
	if a.Reason != "" {
		view.Reason = &a.Reason
	}
	if a.TransferID != 0 {
		view.TransferID = &a.TransferID
	}
	view.Topic, view.Partition, view.Offset = originView(a.Origin)
	return view
}

func originView(origin *settle.Origin) (topic *string, partition *int32, offset *int64) {
	if origin == nil {
		return nil, nil, nil
	}
	return &origin.Topic, &origin.Partition, &origin.Offset
}

func viewEvent(e settle.Event) eventView {
	view := eventView{At: e.At.UTC(), Event: e.What, Code: textOrNull(e.Code), Detail: textOrNull(e.Detail),
		Actor: textOrNull(e.Actor), Reason: textOrNull(e.Reason)}
	if e.Attempt != 0 {
		view.Attempt = &e.Attempt
	}
	if e.TransferID != 0 {
		view.TransferID = &e.TransferID
	}
	if e.LetterID != 0 {
		view.DeadLetter = &e.LetterID
	}
	view.Topic, view.Partition, view.Offset = originView(e.Origin)
	return view
}
