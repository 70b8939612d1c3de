package settle

import (
	"encoding/json"
	"strconv"

	"deductor/consumer/command"
)

// request is what a command asks for, as it is kept with a declined order and
// compared when two commands conflict.
type request struct {
	Account       string `json:"account"`
	CreditAccount string `json:"credit_account"`
	// AmountMinor is a decimal integer of minor units.
	AmountMinor string `json:"amount_minor"`
	Currency    string `json:"currency"`
}

func requestOf(cmd *command.Command) request {
	return request{
		Account:       cmd.Account,
		CreditAccount: cmd.CreditAccount,
		AmountMinor:   strconv.FormatInt(cmd.Amount, 10),
		Currency:      cmd.Currency,
	}
}

func (r request) json() json.RawMessage {
	encoded, err := json.Marshal(r)
	if err != nil {
		panic(err) // four strings always encode
	}
	return encoded
}

// difference lists the fields of two requests that differ.
type difference map[string]struct {
	Stored   string `json:"stored"`
	Received string `json:"received"`
}

func differenceOf(stored, received request) difference {
	d := make(difference)
	compare := func(field, stored, received string) {
		if stored != received {
			d[field] = struct {
				Stored   string `json:"stored"`
				Received string `json:"received"`
			}{stored, received}
		}
	}
	compare("account", stored.Account, received.Account)
	compare("credit_account", stored.CreditAccount, received.CreditAccount)
	compare("amount_minor", stored.AmountMinor, received.AmountMinor)
	compare("currency", stored.Currency, received.Currency)
	return d
}
