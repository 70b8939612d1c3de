package main

import "testing"

const paidJSON = `{
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
      "created_at": "TIME"
    }
  ]
}
`

const paidText = `order           paid
outcome         applied
reason          -
account         alice
credit account  settlement:USD
amount          1.50 USD
attempt         3
transfer        1
record          payments[3]@41
processed at    TIME

earlier attempts:
ATTEMPT  OUTCOME   REASON              ACCOUNT  CREDIT ACCOUNT  AMOUNT     RECORD          PROCESSED
1        declined  insufficient_funds  alice    settlement:USD  99.00 USD  payments[3]@40  TIME

dead letters with this order id:
ID  RECORD          REASON          STATE  ORDER  ACCOUNT  CREATED               DETAIL
1   payments[3]@42  order_conflict  open   paid   alice    TIME  the order is known with another amount_minor
`

const declinedJSON = `{
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
  "earlier_attempts": [],
  "dead_letters": []
}
`

const unknownText = `deductor: order "bad" was never decided: commands with its id are dead letters (1):
ID  RECORD          REASON          STATE  ORDER  ACCOUNT  CREATED               DETAIL
2   payments[3]@44  amount_missing  open   bad    alice    TIME  missing amount or amount_minor; expected one of them
deductor deadletter show ID has their content
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

	bad := runCommand(t, env, "", "order", "show", "bad", "-o", "json")
	if bad.code != exitFailure || bad.stdout != "" || untimed(bad.stderr) != unknownText {
		t.Errorf("order bad: exit %d,\n%s\nwant\n%s", bad.code, untimed(bad.stdout+bad.stderr), unknownText)
	}
	runCommand(t, env, "", "order", "show", "never").expect(t, exitFailure, `order "never" was never decided`,
		"deductor partition list", "deductor deadletter list")
	runCommand(t, env, "", "order", "show").expect(t, exitUsage, "accepts 1 arg(s)")
}
