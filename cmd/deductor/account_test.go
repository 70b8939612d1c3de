package main

import (
	"fmt"
	"strings"
	"testing"
)

const aliceJSON = `{
  "account": "alice",
  "currency": "USD",
  "kind": "customer",
  "balance": "-5.00",
  "balance_minor": "-500",
  "opening_balance": "-5.00",
  "opening_balance_minor": "-500",
  "overdraft_limit": "20.50",
  "overdraft_limit_minor": "2050",
  "created_at": "TIME",
  "closed_at": null
}
`

const aliceText = `account          alice
currency         USD
kind             customer
balance          -5.00
opening balance  -5.00
overdraft limit  20.50
created at       TIME
closed at        -
`

func TestAccountCreate(t *testing.T) {
	t.Parallel()
	env, _ := databaseEnv(t)
	create := strings.Fields("account create alice --currency USD --balance -5 --overdraft-limit 20.50")
	created := runCommand(t, env, "", append(create, "-o", "json")...)
	created.expect(t, exitOK)
	wantOutput(t, created.stdout, aliceJSON)
	if created.stderr != "" {
		t.Errorf("a new account is worth no word: %s", created.stderr)
	}
	again := runCommand(t, env, "", create...)
	again.expect(t, exitOK, `account "alice" was there already: nothing was changed`)
	wantOutput(t, again.stdout, aliceText)

	runCommand(t, env, "", "account", "create", "alice", "--currency", "USD").expect(t, exitFailure,
		`balance "0.00" is not the opening balance of account "alice" in the database; expected "-5.00"`)
	wantOutput(t, mustRun(t, env, "account", "show", "alice"), aliceText)
	mustRun(t, env, "account", "create", "shop", "--currency", "USD", "--kind", "settlement")
}

func TestAccountCreateRefuses(t *testing.T) {
	t.Parallel()
	for args, said := range map[string]string{
		"alice":                                     `required flag(s) "currency" not set`,
		"alice --currency usd":                      `currency "usd" is unknown`,
		"alice --currency USD --balance 1.234":      `balance "1.234" has more decimal digits than USD`,
		"alice --currency USD --balance -1":         `balance "-1" is below the overdraft limit`,
		"alice --currency USD --overdraft-limit -1": `overdraft_limit "-1" is negative`,
		"alice --currency USD --kind merchant":      `kind "merchant" is unknown; expected customer or settlement`,
		"settlement:x --currency USD":               `account "settlement:x" is kept for settlement accounts`,
	} {
		env := map[string]string{"DEDUCTOR_DATABASE_URL": "postgres://127.0.0.1:1/nothing"}
		runCommand(t, env, "", strings.Fields("account create "+args)...).expect(t, exitUsage, said)
	}
}

func TestAccountShow(t *testing.T) {
	t.Parallel()
	env, _ := settledEnv(t, `{"order_id":"a","account":"alice","amount":"2.50","currency":"USD"}`)
	var account accountView
	mustRead(t, env, &account, "account", "show", "settlement:USD")
	if account.Balance != "2.50" || account.OpeningBalanceMinor != "0" || account.Kind != "settlement" {
		t.Errorf("the settlement account is %+v", account)
	}
	runCommand(t, env, "", "account", "show", "Alice").expect(t, exitFailure,
		`account "Alice": no such account: names are compared byte by byte, deductor account list has them`)
}

func TestAccountList(t *testing.T) {
	t.Parallel()
	env, _ := databaseEnv(t)
	wantOutput(t, mustRun(t, env, "account", "list", "-o", "json"), "[]\n")
	mustRun(t, env, "account", "create", "bob", "--currency", "JPY", "--balance", "700")
	mustRun(t, env, strings.Fields("account create alice --currency USD --balance -5 --overdraft-limit 20.50")...)
	mustRun(t, env, "account", "create", "tricky\u202egnp.exe", "--currency", "JPY", "--kind", "settlement")

	all := runCommand(t, env, "", "account", "list", "--limit", "6")
	all.expect(t, exitOK)
	wantOutput(t, all.stdout, `ACCOUNT                CURRENCY  KIND        BALANCE  OVERDRAFT LIMIT  CLOSED
alice                  USD       customer    -5.00    20.50            -
bob                    JPY       customer    700      0                -
settlement:JPY         JPY       settlement  0        0                -
settlement:USD         USD       settlement  0.00     0.00             -
"tricky\u202egnp.exe"  JPY       settlement  0        0                -
`)
	if all.stderr != "" {
		t.Errorf("there is nothing to go on with: %s", all.stderr)
	}
	page := runCommand(t, env, "", "account", "list", "--limit", "1", "--after", "a", "-o", "json")
	page.expect(t, exitOK, `there may be more: go on with --after "alice"`)
	wantOutput(t, page.stdout, "["+indented(aliceJSON)+"]\n")
	runCommand(t, env, "", "account", "list", "--limit", "0").expect(t, exitUsage, `"0" is not a number above zero`)
}

// indented is an object as it stands in an array.
func indented(object string) string {
	return "\n  " + strings.ReplaceAll(strings.TrimSuffix(object, "\n"), "\n", "\n  ") + "\n"
}

func TestAccountClose(t *testing.T) {
	t.Parallel()
	env, _ := databaseEnv(t)
	mustRun(t, env, strings.Fields("account create alice --currency USD --balance -5 --overdraft-limit 20.50")...)
	closed := mustRun(t, env, "account", "close", "alice", "-o", "json")
	wantOutput(t, closed, strings.Replace(aliceJSON, "null", `"TIME"`, 1))
	if again := mustRun(t, env, "account", "close", "alice", "-o", "json"); again != closed {
		t.Errorf("closed again, it is\n%s, was\n%s", again, closed)
	}
	closedText := strings.Replace(aliceText, "at        -", "at        TIME", 1)
	wantOutput(t, mustRun(t, env, "account", "show", "alice"), closedText)
	runCommand(t, env, "", "account", "close", "bob").expect(t, exitFailure, `account "bob": no such account`)
	runCommand(t, env, "", "account", "close", "settlement:USD").expect(t, exitRefused, "decline them all")
}

func TestAccountImport(t *testing.T) {
	t.Parallel()
	env, _ := databaseEnv(t)
	file := writeFile(t, "accounts.csv", "\ufeffaccount,balance,currency\r\nalice,100.00,USD\r\nbob,5,JPY\r\n")
	wantOutput(t, mustRun(t, env, "account", "import", file), file+": 2 created, 0 unchanged\n")
	again := mustRun(t, env, "account", "import", file, "-o", "json")
	wantOutput(t, again, "{\n  \"created\": 0,\n  \"unchanged\": 2\n}\n")
	piped := runCommand(t, env, "account,currency,balance,kind\ncarol,USD,1,\n", "account", "import", "-")
	piped.expect(t, exitOK)
	wantOutput(t, piped.stdout, "stdin: 1 created, 0 unchanged\n")

	const differing = "account,currency,balance\ndora,USD,1\nalice,USD,1\neve,USD,1.001\n"
	wrong := runCommand(t, env, differing, "account", "import", "-")
	wrong.expect(t, exitFailure)
	wantSaid := `deductor: stdin: nothing was imported
stdin:3: balance "1.00" is not the opening balance of account "alice" in the database; expected "100.00"
stdin:4: balance "1.001" has more decimal digits than USD; expected at most 2, such as "12.34"
`
	if wrong.stderr != wantSaid || wrong.stdout != "" {
		t.Errorf("it says\n%s, want\n%s", wrong.stderr+wrong.stdout, wantSaid)
	}
	runCommand(t, env, "", "account", "show", "dora").expect(t, exitFailure, "no such account")
	runCommand(t, env, "", "account", "import", file+".gone").expect(t, exitFailure, file+".gone", "no such file")
	runCommand(t, env, "", "account", "import").expect(t, exitUsage, "accepts 1 arg(s)")
}

func TestAccountImportShowsProgress(t *testing.T) {
	t.Parallel()
	env, _ := databaseEnv(t)
	var file strings.Builder
	file.WriteString("account,currency,balance\n")
	for i := range 10_001 {
		fmt.Fprintf(&file, "account-%d,USD,1\n", i)
	}
	r := runCommand(t, env, file.String(), "account", "import", "-")
	r.expect(t, exitOK, "rows read 10,000")
	wantOutput(t, r.stdout, "stdin: 10001 created, 0 unchanged\n")
}
