package main

import (
	"fmt"
	"io"
	"strconv"

	"deductor/consumer/currency"
	"deductor/consumer/settle"
	"deductor/dedupe"
)

func writeOrder(w io.Writer, order *settle.Order) error {
	fmt.Fprintf(w, "%s\n\n", verdict(order))
	if err := writeAnswer(w, order); err != nil {
		return err
	}
	if len(order.Postings) > 0 {
		fmt.Fprintln(w, "\nentries:")
		if err := tableOfPostings(w, order); err != nil {
			return err
		}
	}
	fmt.Fprintln(w, "\nhistory (that it arrived again, and was answered by this, is not kept):")
	if err := tableOfEvents(w, order.Events()); err != nil {
		return err
	}
	for i := range order.DeadLetters {
		letter := &order.DeadLetters[i]
		fmt.Fprintf(w, "\ndead letter %d, %s at %s:\n", letter.ID, letter.State, originText(&letter.Origin))
		if letter.Content == nil {
			fmt.Fprintf(w, "\n%d bytes, left out: deductor deadletter show %d has them\n", letter.Size, letter.ID)
			continue
		}
		writeRecord(w, letter.Content)
	}
	return nil
}

// verdict is the answer in one line: was it paid?
func verdict(order *settle.Order) string {
	switch {
	case !order.Decided:
		return notPaid(order)
	case order.Outcome == dedupe.Applied:
		return fmt.Sprintf("PAID %s from %s on %s (transfer %d)", amountText(&order.Answer), printable(order.Account),
			timeText(&order.ProcessedAt), order.TransferID)
	}
	return fmt.Sprintf("DECLINED %s from %s on %s: %s (attempt %d); a higher attempt may be decided otherwise",
		amountText(&order.Answer), printable(order.Account), timeText(&order.ProcessedAt), order.Reason, order.Attempt)
}

func notPaid(order *settle.Order) string {
	letter := inTheWay(order)
	text := fmt.Sprintf("NOT PAID: set aside on %s: %s (dead letter %d, %s)", timeText(&letter.CreatedAt), letter.Reason,
		letter.ID, letter.State)
	if h := order.Horizon; h != nil {
		text += fmt.Sprintf("; or pruned: orders from before %s are forgotten", exactTime(h.Before))
	}
	return text
}

// inTheWay is why nothing was decided: the first letter that is open, or the
// last one.
func inTheWay(order *settle.Order) *settle.OrderLetter {
	for i := range order.DeadLetters {
		if order.DeadLetters[i].State == settle.Open {
			return &order.DeadLetters[i]
		}
	}
	return &order.DeadLetters[len(order.DeadLetters)-1]
}

func writeAnswer(w io.Writer, order *settle.Order) error {
	if !order.Decided {
		return details(w, [][2]string{{"order", printable(order.ID)}})
	}
	transfer := ""
	if order.TransferID != 0 {
		transfer = strconv.FormatInt(order.TransferID, 10)
	}
	return details(w, [][2]string{
		{"order", printable(order.ID)},
		{"outcome", order.Outcome.String()},
		{"reason", order.Reason},
		{"account", printable(order.Account)},
		{"credit account", printable(order.CreditAccount)},
		{"amount", amountText(&order.Answer)},
		{"attempt", strconv.Itoa(int(order.Attempt))},
		{"transfer", transfer},
		{"record", originText(order.Origin)},
		{"processed at", timeText(&order.ProcessedAt)},
	})
}

func tableOfPostings(w io.Writer, order *settle.Order) error {
	rows := make([][]string, len(order.Postings))
	for i, p := range order.Postings {
		debit, credit := "", currency.Format(p.Amount, order.Currency)
		if p.Amount < 0 {
			debit, credit = currency.Format(-p.Amount, order.Currency), ""
		}
		rows[i] = []string{strconv.FormatInt(p.TransferID, 10), printable(p.Account), debit, credit,
			order.Currency, timeText(&p.PostedAt)}
	}
	return table(w, []string{"TRANSFER", "ACCOUNT", "DEBIT", "CREDIT", "CURRENCY", "POSTED"}, rows)
}

func tableOfEvents(w io.Writer, events []settle.Event) error {
	rows := make([][]string, len(events))
	for i := range events {
		e := &events[i]
		rows[i] = []string{timeText(&e.At), eventText(e), e.Code, originText(e.Origin), printable(e.Actor),
			printable(e.Reason), printable(e.Detail)}
	}
	return table(w, []string{"WHEN", "EVENT", "CODE", "RECORD", "WHO", "WHY", "DETAIL"}, rows)
}

// eventText names an event, and what it is about.
func eventText(e *settle.Event) string {
	switch {
	case e.Attempt != 0:
		return fmt.Sprintf("%s (attempt %d)", e.What, e.Attempt)
	case e.LetterID != 0:
		return fmt.Sprintf("%s (dead letter %d)", e.What, e.LetterID)
	}
	return e.What
}

func amountText(a *settle.Answer) string {
	return currency.Format(a.Amount, a.Currency) + " " + a.Currency
}
