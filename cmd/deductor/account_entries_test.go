package main

import (
	"strings"
	"testing"
	"time"
)

const entriesText = `account alice, USD
opening balance 10.00

TRANSFER  POSTED                SIDE   COUNTERPARTY    ORDER  AMOUNT  BALANCE
1         TIME  debit  settlement:USD  a      -1.00   9.00
2         TIME  debit  settlement:USD  b      -2.50   6.50

closing balance 6.50
`

const entriesJSON = `{
  "account": "alice",
  "currency": "USD",
  "opening_balance": "9.00",
  "opening_balance_minor": "900",
  "entries": [
    {
      "transfer_id": 2,
      "posted_at": "TIME",
      "side": "debit",
      "counterparty": "settlement:USD",
      "order_id": "b",
      "amount": "-2.50",
      "amount_minor": "-250",
      "balance": "6.50",
      "balance_minor": "650"
    }
  ],
  "closing_balance": "6.50",
  "closing_balance_minor": "650",
  "more": true
}
`

func TestAccountEntries(t *testing.T) {
	t.Parallel()
	env, db := settledEnv(t,
		`{"order_id":"a","account":"alice","amount":"1.00","currency":"USD"}`,
		`{"order_id":"b","account":"alice","amount":"2.50","currency":"USD"}`,
	)
	entries := func(args ...string) result {
		return runCommand(t, env, "", append([]string{"account", "entries"}, args...)...)
	}
	wantOutput(t, entries("alice").stdout, entriesText)
	last := entries("alice", "--limit", "1", "-o", "json")
	wantOutput(t, last.stdout, entriesJSON)
	if want := "there are earlier entries: go on with --before 2\n"; last.stderr != want {
		t.Errorf("%q, want %q", last.stderr, want)
	}
	for args, want := range map[string][]string{
		"alice --before 2": {"opening balance 10.00", " a ", "closing balance 9.00"},
		"alice --after 1":  {"opening balance 9.00", " b ", "closing balance 6.50"},
		"alice --from 2020-01-01T00:00:00Z --limit 1": {"closing balance 9.00", "go on with --after 1"},
		"alice --to 2020-01-01T00:00:00Z":             {"opening balance 10.00", "no entries", "closing balance 10.00"},
		"settlement:USD --scan":                       {"credit", "alice", "closing balance 3.50"},
	} {
		got := entries(strings.Fields(args)...)
		for _, text := range want {
			if got.code != exitOK || !strings.Contains(got.stdout+got.stderr, text) {
				t.Errorf("%s: exit %d, and it lacks %q:\n%s", args, got.code, text, got.stdout+got.stderr)
			}
		}
	}
	entries("settlement:USD").expect(t, exitRefused, "no index holds", "--scan", "deductor audit")
	entries("nobody").expect(t, exitFailure, `account "nobody"`, "deductor account list")

	now := time.Now().Format(time.RFC3339Nano)
	wantOutput(t, entries("alice", "--at", now).stdout, "account alice held 6.50 USD at TIME\n")
	entries("alice", "--at", now).expect(t, exitOK, "may still be committed")
	if _, err := db.Pool.Exec(t.Context(), `UPDATE account SET created_at = '2026-01-01 00:00:00Z'`); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Pool.Exec(t.Context(),
		`UPDATE transfer SET posted_at = '2026-01-01T12:00:00Z'::timestamptz + id * interval '1 hour'`); err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]string{
		"2026-01-01T12:59:59.999999Z": "10.00", "2026-01-01T13:00:00Z": "9.00", "2026-01-01T14:59:59+01:00": "9.00",
		"2026-01-01T15:00:00+01:00": "6.50",
	} {
		wantOutput(t, entries("alice", "--at", at, "-o", "json").stdout, `{
  "account": "alice",
  "currency": "USD",
  "at": "TIME",
  "balance": "`+want+`",
  "balance_minor": "`+strings.Replace(want, ".", "", 1)+`"
}
`)
	}
	entries("alice", "--at", "2025-12-31T23:59:59Z").expect(t, exitFailure, "did not exist", "2026-01-01T00:00:00Z")
}

func TestAccountEntriesUsage(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--at 2026-01-01T00:00:00":            "not a time with a zone",
		"--from 2026-01-01":                   "not a time with a zone",
		"--at 2100-01-01T00:00:00Z":           "is in the future",
		"--at 2026-01-01T00:00:00Z --limit 1": "none of the others can be",
		"--after 1 --before 2":                "none of the others can be",
		"--after 0":                           "--after 0 is no transfer id",
		"--before -1":                         "--before -1 is no transfer id",
		"--from 2026-01-02T00:00:00Z --to 2026-01-02T00:00:00Z": "is not before --to",
	} {
		runCommand(t, nil, "", append([]string{"account", "entries", "alice", "--database-url", "postgres://x"},
			strings.Fields(args)...)...).expect(t, exitUsage, want)
	}
}
