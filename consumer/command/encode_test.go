package command_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"deductor/consumer/command"
	"deductor/consumer/currency"
)

func TestEncode(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 31, 23, 59, 59, 5000, time.FixedZone("", 3600))
	for _, test := range []struct {
		command command.Command
		want    string
	}{
		{
			command.Command{OrderID: "ord-1", Account: "alice", Amount: 1234, Currency: "USD"},
			`{"order_id":"ord-1","account":"alice","amount":"12.34","currency":"USD"}`,
		},
		{
			command.Command{
				OrderID: "ord-1", Account: "alice", CreditAccount: "settlement:USD",
				Amount: 5, Currency: "USD", Attempt: 1,
			},
			`{"order_id":"ord-1","account":"alice","amount":"0.05","currency":"USD"}`,
		},
		{
			command.Command{
				OrderID: `"\é`, Account: "alice", CreditAccount: "shop",
				Amount: 7, Currency: "JPY", Attempt: 3, OccurredAt: at,
			},
			`{"order_id":"\"\\é","account":"alice","credit_account":"shop","amount":"7","currency":"JPY",` +
				`"attempt":3,"occurred_at":"2026-01-31T22:59:59.000005Z"}`,
		},
	} {
		if got, err := command.Encode(test.command); err != nil || string(got) != test.want {
			t.Errorf("%+v gives\n%s, %v; want\n%s", test.command, got, err, test.want)
		}
	}
}

func TestEncodeRefusesWhatDecodeWould(t *testing.T) {
	t.Parallel()
	late := time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
	long := strings.Repeat("x", command.MaxValueSize)
	for reason, spoil := range map[command.Reason]func(*command.Command){
		command.ReasonInvalidOrderID:       func(c *command.Command) { c.OrderID = "ord\xff" },
		command.ReasonInvalidAccount:       func(c *command.Command) { c.Account = "" },
		command.ReasonInvalidCreditAccount: func(c *command.Command) { c.CreditAccount = "\x00" },
		command.ReasonSameAccount:          func(c *command.Command) { c.CreditAccount = "alice" },
		command.ReasonUnknownCurrency:      func(c *command.Command) { c.Currency = "XAU" },
		command.ReasonAmountNotPositive:    func(c *command.Command) { c.Amount = math.MinInt64 },
		command.ReasonAmountTooLarge:       func(c *command.Command) { c.Amount = currency.MaxMinor + 1 },
		command.ReasonInvalidAttempt:       func(c *command.Command) { c.Attempt = -1 },
		command.ReasonInvalidOccurredAt:    func(c *command.Command) { c.OccurredAt = late },
		command.ReasonValueTooLarge:        func(c *command.Command) { c.Account = long },
	} {
		c := command.Command{OrderID: "ord-1", Account: "alice", Amount: 1234, Currency: "USD"}
		spoil(&c)
		message, err := command.Encode(c)
		var rejection *command.Rejection
		if !errors.As(err, &rejection) || rejection.Reason != reason || message != nil {
			t.Errorf("%.200q gives %.200q, %v; want reason %s", c.OrderID, message, err, reason)
		}
	}
}

// names draws order ids and accounts from all of Unicode.
func names(label string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return norm.NFC.String(rapid.StringN(1, 128, command.MaxNameSize).Draw(t, label))
	}).Filter(isName)
}

func TestEncodeThenDecode(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.SampledFrom(currency.Codes()).Draw(t, "currency")
		settlement := rapid.Just(command.SettlementAccount(code))
		want := command.Command{
			OrderID:       names("order id").Draw(t, "order id"),
			Account:       names("account").Draw(t, "account"),
			CreditAccount: rapid.OneOf(names("credit account"), settlement).Draw(t, "credit account"),
			Amount:        rapid.Int64Range(1, currency.MaxMinor).Draw(t, "amount"),
			Currency:      code,
			Attempt:       rapid.Int32Range(1, math.MaxInt32).Draw(t, "attempt"),
			OccurredAt:    time.Unix(rapid.Int64Range(-1<<33, 1<<33).Draw(t, "time"), 5).UTC(),
		}
		if want.Account == want.CreditAccount {
			t.Skip("one account for both sides")
		}
		message, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got command.Command
		if err := json.Unmarshal(message, &got); err != nil || got != want {
			t.Fatalf("%+v is written\n%s, which is read as\n%+v, %v", want, message, got, err)
		}
	})
}
