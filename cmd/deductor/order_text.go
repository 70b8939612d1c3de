package main

import (
	"fmt"
	"io"
	"strconv"

	"deductor/consumer/currency"
	"deductor/consumer/settle"
)

func writeOrder(w io.Writer, order *settle.Order) error {
	transfer := ""
	if order.TransferID != 0 {
		transfer = strconv.FormatInt(order.TransferID, 10)
	}
	if err := details(w, [][2]string{
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
	}); err != nil {
		return err
	}
	if len(order.Earlier) > 0 {
		fmt.Fprintln(w, "\nearlier attempts:")
		if err := tableOfAnswers(w, order.Earlier); err != nil {
			return err
		}
	}
	if len(order.DeadLetters) > 0 {
		fmt.Fprintln(w, "\ndead letters with this order id:")
		return tableOfDeadLetters(w, order.DeadLetters)
	}
	return nil
}

func tableOfAnswers(w io.Writer, answers []settle.Answer) error {
	rows := make([][]string, len(answers))
	for i := range answers {
		a := &answers[i]
		rows[i] = []string{strconv.Itoa(int(a.Attempt)), a.Outcome.String(), a.Reason, printable(a.Account),
			printable(a.CreditAccount), amountText(a), originText(a.Origin), timeText(&a.ProcessedAt)}
	}
	header := []string{"ATTEMPT", "OUTCOME", "REASON", "ACCOUNT", "CREDIT ACCOUNT", "AMOUNT", "RECORD", "PROCESSED"}
	return table(w, header, rows)
}

func amountText(a *settle.Answer) string {
	return currency.Format(a.Amount, a.Currency) + " " + a.Currency
}
