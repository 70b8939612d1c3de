package main

import (
	"strings"
	"testing"
)

const auditText = `ok      account_balances: each customer's balance is its opening balance plus its transfers
ok      settlement_balances: each settlement stripe holds the sum of its transfers
ok      overdraft_limits: no customer is below the overdraft limit
ok      transfer_accounts: each transfer joins two accounts of one currency
ok      trial_balance: debits equal credits in each currency
ok      applied_orders: each applied order has the transfer that its record names
ok      transfer_orders: each transfer is that of one applied order, those pruned aside

trial balance:
CURRENCY  ACCOUNTS  OPENING  CUSTOMERS  SETTLEMENT  DIFFERENCE
JPY       2         5        5          0           0
USD       2         10.00    7.50       2.50        0.00
`

const auditJSONEnd = `    {
      "name": "transfer_orders",
      "question": "each transfer is that of one applied order, those pruned aside",
      "ok": true,
      "findings": []
    }
  ],
  "trial_balance": [
    {
      "currency": "JPY",
      "accounts": 2,
      "opening": "5",
      "opening_minor": "5",
      "customers": "5",
      "customers_minor": "5",
      "settlement": "0",
      "settlement_minor": "0",
      "difference": "0",
      "difference_minor": "0"
    },
    {
      "currency": "USD",
      "accounts": 2,
      "opening": "10.00",
      "opening_minor": "1000",
      "customers": "7.50",
      "customers_minor": "750",
      "settlement": "2.50",
      "settlement_minor": "250",
      "difference": "0.00",
      "difference_minor": "0"
    }
  ]
}
`

const auditFinding = `    {
      "name": "account_balances",
      "question": "each customer's balance is its opening balance plus its transfers",
      "ok": false,
      "findings": [
        {
          "subject": "alice",
          "detail": "balance 749, but opening balance and transfers make 750 (minor units of USD)"
        }
      ]
    },
`

func TestAudit(t *testing.T) {
	t.Parallel()
	env, db := settledEnv(t, `{"order_id":"paid","account":"alice","amount":"2.50","currency":"USD"}`)
	mustRun(t, env, "account", "create", "bob", "--currency", "JPY", "--balance", "5")
	wantOutput(t, mustRun(t, env, "audit"), auditText)
	data := mustRun(t, env, "audit", "-o", "json")
	if !strings.HasPrefix(data, "{\n  \"ok\": true,\n  \"checks\": [\n") || !strings.HasSuffix(data, auditJSONEnd) {
		t.Errorf("it is\n%s, want an end of\n%s", data, auditJSONEnd)
	}

	const steal = "UPDATE account SET balance = balance - 1 WHERE kind = 'customer'"
	if _, err := db.Pool.Exec(t.Context(), steal); err != nil {
		t.Fatal(err)
	}
	broken := runCommand(t, env, "", "audit", "-o", "json", "--limit", "1")
	broken.expect(t, exitVerify, "audit: the books are wrong: account_balances, trial_balance")
	if !strings.HasPrefix(broken.stdout, "{\n  \"ok\": false,\n") || !strings.Contains(broken.stdout, auditFinding) {
		t.Errorf("it is\n%s, want in it\n%s", broken.stdout, auditFinding)
	}
	text := runCommand(t, env, "", "audit")
	text.expect(t, exitVerify, "audit: the books are wrong: account_balances, trial_balance")
	const finding = "FAILED  account_balances: each customer's balance is its opening balance plus its transfers\n" +
		"        alice: balance 749, but opening balance and transfers make 750 (minor units of USD)\n" +
		"        bob: balance 4, but opening balance and transfers make 5 (minor units of JPY)\n" +
		"ok      settlement_balances"
	if !strings.HasPrefix(text.stdout, finding) || !strings.HasSuffix(text.stdout, "7.49       2.50        -0.01\n") {
		t.Errorf("it is\n%s, want first\n%s", text.stdout, finding)
	}
}

func TestMajorUnits(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ minor, currency, want string }{
		{"0", "USD", "0.00"}, {"-5", "USD", "-0.05"}, {"123", "USD", "1.23"}, {"-1234", "BHD", "-1.234"},
		{"12", "BHD", "0.012"}, {"7", "JPY", "7"}, {"-7", "JPY", "-7"}, {"12", "???", "12"},
		{"-123456789012345678901234567890", "USD", "-1234567890123456789012345678.90"},
	} {
		if got := majorUnits(row.minor, row.currency); got != row.want {
			t.Errorf("%s minor units of %s are %s, want %s", row.minor, row.currency, got, row.want)
		}
	}
}
