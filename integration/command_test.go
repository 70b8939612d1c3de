package integration

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
)

// account is an account as the tests open it. Amounts are in minor units.
type account struct {
	name, currency, kind string
	opening, limit       int64
}

func customer(name string, opening, limit int64) account {
	return account{name: name, currency: "USD", kind: "customer", opening: opening, limit: limit}
}

func settlement(currency string) account {
	return account{name: "settlement:" + currency, currency: currency, kind: "settlement"}
}

// customers returns n customers with the same balance, and the settlement account.
func customers(n int, opening int64) []account {
	accounts := []account{settlement("USD")}
	for i := range n {
		accounts = append(accounts, customer(fmt.Sprintf("customer-%d", i), opening, 0))
	}
	return accounts
}

// payment is what a command asks for.
type payment struct {
	account, credit, currency string
	minor                     int64
}

// command is a message of the topic.
type command struct {
	order   string
	attempt int32
	payment
}

// pay is the first attempt of an order in USD.
func pay(order, from string, minor int64) command {
	return command{order, 1, payment{account: from, credit: "settlement:USD", currency: "USD", minor: minor}}
}

// value is the message's JSON.
func (c command) value() []byte {
	message := map[string]any{
		"order_id": c.order, "account": c.account, "amount": major(c.minor), "currency": c.currency,
	}
	if c.credit != "settlement:"+c.currency {
		message["credit_account"] = c.credit
	}
	if c.attempt != 1 {
		message["attempt"] = c.attempt
	}
	value, err := json.Marshal(message)
	if err != nil {
		panic(err) // strings and integers always encode
	}
	return value
}

// major writes minor units of a currency with two digits, such as "-0.05".
func major(minor int64) string {
	sign := ""
	if minor < 0 {
		sign, minor = "-", -minor
	}
	return fmt.Sprintf("%s%d.%02d", sign, minor/100, minor%100)
}

// orders makes n commands over the customers: of five, four are new orders of
// 0.01 to 5.00 and one repeats an earlier one.
func orders(rng *rand.Rand, prefix string, n, customers int) []command {
	commands := make([]command, n)
	for i := range commands {
		if i > 0 && rng.IntN(5) == 0 {
			commands[i] = commands[rng.IntN(i)]
			continue
		}
		from := fmt.Sprintf("customer-%d", rng.IntN(customers))
		commands[i] = pay(fmt.Sprintf("%s-%d", prefix, i), from, 1+rng.Int64N(500))
	}
	return commands
}
