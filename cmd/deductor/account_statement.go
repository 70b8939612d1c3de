package main

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"deductor/consumer/currency"
	"deductor/ledger"
)

// statementView is a statement as users see it: amounts in major units, those
// named _minor as integers of minor units.
type statementView struct {
	Account             jsonText    `json:"account"`
	Currency            string      `json:"currency"`
	OpeningBalance      string      `json:"opening_balance"`
	OpeningBalanceMinor string      `json:"opening_balance_minor"`
	Entries             []entryView `json:"entries"`
	ClosingBalance      string      `json:"closing_balance"`
	ClosingBalanceMinor string      `json:"closing_balance_minor"`
	More                bool        `json:"more"`
}

// entryView is an entry: its amount is below zero when the account paid.
type entryView struct {
	TransferID   int64     `json:"transfer_id"`
	PostedAt     time.Time `json:"posted_at"`
	Side         string    `json:"side"`
	Counterparty jsonText  `json:"counterparty"`
	OrderID      jsonText  `json:"order_id"`
	Amount       string    `json:"amount"`
	AmountMinor  string    `json:"amount_minor"`
	Balance      string    `json:"balance"`
	BalanceMinor string    `json:"balance_minor"`
}

func viewStatement(s *ledger.Statement) statementView {
	code := s.Account.Currency
	view := statementView{
		Account:             jsonText(s.Account.Name),
		Currency:            code,
		OpeningBalance:      currency.Format(s.Opening, code),
		OpeningBalanceMinor: strconv.FormatInt(s.Opening, 10),
		Entries:             make([]entryView, len(s.Entries)),
		ClosingBalance:      currency.Format(s.Closing, code),
		ClosingBalanceMinor: strconv.FormatInt(s.Closing, 10),
		More:                s.More,
	}
	for i, e := range s.Entries {
		side := "credit"
		if e.Amount < 0 {
			side = "debit"
		}
		view.Entries[i] = entryView{e.TransferID, e.PostedAt.UTC(), side, jsonText(e.Counterparty), jsonText(e.Reference),
			currency.Format(e.Amount, code), strconv.FormatInt(e.Amount, 10),
			currency.Format(e.Balance, code), strconv.FormatInt(e.Balance, 10)}
	}
	return view
}

func (v statementView) text(w io.Writer) error {
	fmt.Fprintf(w, "account %s, %s\nopening balance %s\n\n", printable(string(v.Account)), v.Currency, v.OpeningBalance)
	if len(v.Entries) == 0 {
		fmt.Fprintln(w, "no entries")
	} else {
		rows := make([][]string, len(v.Entries))
		for i, e := range v.Entries {
			rows[i] = []string{strconv.FormatInt(e.TransferID, 10), e.PostedAt.Format(time.RFC3339), e.Side,
				printable(string(e.Counterparty)), printable(string(e.OrderID)), e.Amount, e.Balance}
		}
		header := []string{"TRANSFER", "POSTED", "SIDE", "COUNTERPARTY", "ORDER", "AMOUNT", "BALANCE"}
		if err := table(w, header, rows); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\nclosing balance %s\n", v.ClosingBalance)
	return err
}

// balanceView is what an account held at a time.
type balanceView struct {
	Account      jsonText  `json:"account"`
	Currency     string    `json:"currency"`
	At           time.Time `json:"at"`
	Balance      string    `json:"balance"`
	BalanceMinor string    `json:"balance_minor"`
}

func viewBalance(a *ledger.Account, at time.Time, balance int64) balanceView {
	return balanceView{jsonText(a.Name), a.Currency, at.UTC(), currency.Format(balance, a.Currency),
		strconv.FormatInt(balance, 10)}
}

func (v balanceView) text(w io.Writer) error {
	_, err := fmt.Fprintf(w, "account %s held %s %s at %s\n", printable(string(v.Account)), v.Balance, v.Currency,
		exactTime(v.At))
	return err
}
