package main

import (
	"encoding/json"
	"strings"
	"testing"
)

//nolint:lll // output as it is
const paidJSON = `{
  "answer": "PAID 1.50 USD from alice on TIME (transfer 1)",
  "order_id": "paid",
  "outcome": "applied",
  "reason": null,
  "account": "alice",
  "credit_account": "settlement:USD",
  "amount": "1.50",
  "amount_minor": "150",
  "currency": "USD",
  "attempt": 3,
  "transfer_id": 1,
  "topic": "payments",
  "partition": 3,
  "offset": 41,
  "processed_at": "TIME",
  "entries": [
    {
      "transfer_id": 1,
      "account": "alice",
      "amount": "-1.50",
      "amount_minor": "-150",
      "currency": "USD",
      "posted_at": "TIME"
    },
    {
      "transfer_id": 1,
      "account": "settlement:USD",
      "amount": "1.50",
      "amount_minor": "150",
      "currency": "USD",
      "posted_at": "TIME"
    }
  ],
  "earlier_attempts": [
    {
      "outcome": "declined",
      "reason": "insufficient_funds",
      "account": "alice",
      "credit_account": "settlement:USD",
      "amount": "99.00",
      "amount_minor": "9900",
      "currency": "USD",
      "attempt": 1,
      "transfer_id": null,
      "topic": "payments",
      "partition": 3,
      "offset": 40,
      "processed_at": "TIME"
    }
  ],
  "history": [
    {
      "at": "TIME",
      "event": "declined",
      "code": "insufficient_funds",
      "detail": "99.00 USD from \"alice\" to \"settlement:USD\"",
      "attempt": 1,
      "transfer_id": null,
      "dead_letter_id": null,
      "topic": "payments",
      "partition": 3,
      "offset": 40,
      "actor": null,
      "reason": null
    },
    {
      "at": "TIME",
      "event": "applied",
      "code": null,
      "detail": "1.50 USD from \"alice\" to \"settlement:USD\"",
      "attempt": 3,
      "transfer_id": 1,
      "dead_letter_id": null,
      "topic": "payments",
      "partition": 3,
      "offset": 41,
      "actor": null,
      "reason": null
    },
    {
      "at": "TIME",
      "event": "set_aside",
      "code": "order_conflict",
      "detail": "the order is known with another amount_minor",
      "attempt": null,
      "transfer_id": null,
      "dead_letter_id": 1,
      "topic": "payments",
      "partition": 3,
      "offset": 42,
      "actor": null,
      "reason": null
    }
  ],
  "dead_letters": [
    {
      "id": 1,
      "topic": "payments",
      "partition": 3,
      "offset": 42,
      "reason": "order_conflict",
      "detail": "the order is known with another amount_minor",
      "order_id": "paid",
      "account": "alice",
      "state": "open",
      "created_at": "TIME",
      "record": {
        "difference": {
          "amount_minor": {
            "stored": "150",
            "received": "151"
          }
        },
        "record_timestamp": "TIME",
        "record_timestamp_ms": 1700000000123,
        "key": "alice",
        "key_base64": "YWxpY2U=",
        "value": "{\"order_id\":\"paid\",\"account\":\"alice\",\"amount\":\"1.51\",\"currency\":\"USD\",\"attempt\":3}",
        "value_base64": "eyJvcmRlcl9pZCI6InBhaWQiLCJhY2NvdW50IjoiYWxpY2UiLCJhbW91bnQiOiIxLjUxIiwiY3VycmVuY3kiOiJVU0QiLCJhdHRlbXB0IjozfQ==",
        "headers": [
          {
            "key": "trace",
            "key_base64": "dHJhY2U=",
            "value": null,
            "value_base64": "/wA="
          },
          {
            "key": "empty",
            "key_base64": "ZW1wdHk=",
            "value": null,
            "value_base64": null
          }
        ]
      },
      "actions": []
    }
  ]
}
`

//nolint:lll // output as it is
const paidText = `PAID 1.50 USD from alice on TIME (transfer 1)

order           paid
outcome         applied
reason          -
account         alice
credit account  settlement:USD
amount          1.50 USD
attempt         3
transfer        1
record          payments[3]@41
processed at    TIME

entries:
TRANSFER  ACCOUNT         DEBIT  CREDIT  CURRENCY  POSTED
1         alice           1.50   -       USD       TIME
1         settlement:USD  -      1.50    USD       TIME

history (that it arrived again, and was answered by this, is not kept):
WHEN                  EVENT                      CODE                RECORD          WHO  WHY  DETAIL
TIME  declined (attempt 1)       insufficient_funds  payments[3]@40  -    -    99.00 USD from "alice" to "settlement:USD"
TIME  applied (attempt 3)        -                   payments[3]@41  -    -    1.50 USD from "alice" to "settlement:USD"
TIME  set_aside (dead letter 1)  order_conflict      payments[3]@42  -    -    the order is known with another amount_minor

dead letter 1, open at payments[3]@42:

key (5 bytes):
alice

header trace (2 bytes):
00000000  ff 00                                             |..|

header empty: none

value (82 bytes):
{"order_id":"paid","account":"alice","amount":"1.51","currency":"USD","attempt":3}
`

//nolint:lll // output as it is
const declinedJSON = `{
  "answer": "DECLINED 7 JPY from nobody on TIME: account_not_found (attempt 1); a higher attempt may be decided otherwise",
  "order_id": "declined",
  "outcome": "declined",
  "reason": "account_not_found",
  "account": "nobody",
  "credit_account": "settlement:JPY",
  "amount": "7",
  "amount_minor": "7",
  "currency": "JPY",
  "attempt": 1,
  "transfer_id": null,
  "topic": "payments",
  "partition": 3,
  "offset": 43,
  "processed_at": "TIME",
  "entries": [],
  "earlier_attempts": [],
  "history": [
    {
      "at": "TIME",
      "event": "declined",
      "code": "account_not_found",
      "detail": "7 JPY from \"nobody\" to \"settlement:JPY\"",
      "attempt": 1,
      "transfer_id": null,
      "dead_letter_id": null,
      "topic": "payments",
      "partition": 3,
      "offset": 43,
      "actor": null,
      "reason": null
    }
  ],
  "dead_letters": []
}
`

//nolint:lll // output as it is
const badText = `NOT PAID: set aside on TIME: amount_missing (dead letter 2, open)

order  bad

history (that it arrived again, and was answered by this, is not kept):
WHEN                  EVENT                      CODE            RECORD          WHO  WHY  DETAIL
TIME  set_aside (dead letter 2)  amount_missing  payments[3]@44  -    -    missing amount or amount_minor; expected one of them

dead letter 2, open at payments[3]@44:

key (5 bytes):
alice

header trace (2 bytes):
00000000  ff 00                                             |..|

header empty: none

value (53 bytes):
{"order_id":"bad","account":"alice","currency":"USD"}
`

func TestOrderShow(t *testing.T) {
	t.Parallel()
	env, _ := settledEnv(t,
		`{"order_id":"paid","account":"alice","amount":"99.00","currency":"USD"}`,
		`{"order_id":"paid","account":"alice","amount":"1.50","currency":"USD","attempt":3}`,
		`{"order_id":"paid","account":"alice","amount":"1.51","currency":"USD","attempt":3}`,
		`{"order_id":"declined","account":"nobody","amount":"7","currency":"JPY"}`,
		`{"order_id":"bad","account":"alice","currency":"USD"}`,
	)
	wantOutput(t, mustRun(t, env, "order", "show", "paid", "-o", "json"), paidJSON)
	wantOutput(t, mustRun(t, env, "order", "show", "paid"), paidText)
	wantOutput(t, mustRun(t, env, "order", "show", "declined", "-o", "json"), declinedJSON)
	wantOutput(t, mustRun(t, env, "order", "show", "bad"), badText)

	var bad orderView
	if err := json.Unmarshal([]byte(mustRun(t, env, "order", "show", "bad", "-o", "json")), &bad); err != nil {
		t.Fatal(err)
	}
	if bad.Outcome != "dead_letter" || *bad.Reason != "amount_missing" || bad.Amount != nil || bad.ProcessedAt != nil ||
		len(bad.DeadLetters) != 1 || bad.DeadLetters[0].Record == nil {
		t.Errorf("order bad is %+v", bad)
	}
	runCommand(t, env, "", "order", "show", "never").expect(t, exitFailure, `order "never" was never decided`,
		"deductor partition list", "deductor deadletter list")
	runCommand(t, env, "", "order", "show").expect(t, exitUsage, "accepts 1 arg(s)")
}

// What operators did to an order's dead letters is part of its story.
func TestOrderShowTellsWhoDidWhat(t *testing.T) {
	t.Parallel()
	env, _ := settledEnv(t, `{"order_id":"bad","account":"alice","currency":"USD"}`)
	mustRun(t, env, "deadletter", "discard", "1", "--reason", "paid by hand", "--execute")
	shown := mustRun(t, env, "order", "show", "bad")
	for _, want := range []string{"(dead letter 1, discarded)", "discard (dead letter 1)", "paid by hand", "@"} {
		if !strings.Contains(shown, want) {
			t.Errorf("it lacks %q:\n%s", want, shown)
		}
	}
}
