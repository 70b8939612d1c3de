package command_test

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"weak"

	"deductor/consumer/command"
	"deductor/consumer/currency"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	plain := command.Command{
		OrderID: "ord-1", Account: "alice", CreditAccount: "settlement:USD",
		Amount: 1234, Currency: "USD", Attempt: 1,
	}
	but := func(change func(*command.Command)) command.Command {
		c := plain
		change(&c)
		return c
	}
	zoned := plus(`"occurred_at":"2026-01-31T23:59:59.25+23:59"`)
	for name, test := range map[string]struct {
		value string
		want  command.Command
	}{
		"usual":       {with("", ""), plain},
		"white space": {" \n" + with(":", "\t:\r\n ") + " \n", plain},
		"any order":   {`{"currency":"USD","amount":"12.34","account":"alice","order_id":"ord-1"}`, plain},
		"escapes":     {with(`order_id":"ord-1`, `order\u005fid":"\u006frd-1`), plain},
		"minor units": {minor("1234"), plain},
		"yen": {amount("1234", "JPY"), but(func(c *command.Command) {
			c.Currency, c.CreditAccount = "JPY", "settlement:JPY"
		})},
		"dinar": {amount("1.2", "IQD"), but(func(c *command.Command) {
			c.Amount, c.Currency, c.CreditAccount = 1200, "IQD", "settlement:IQD"
		})},
		"least amount": {minor("1"), but(func(c *command.Command) { c.Amount = 1 })},
		"largest amount": {amount("10000000000000", "USD"), but(func(c *command.Command) {
			c.Amount = currency.MaxMinor
		})},
		"credit account": {plus(`"credit_account":"shop"`), but(func(c *command.Command) {
			c.CreditAccount = "shop"
		})},
		"the default credit account by name": {plus(`"credit_account":"settlement:USD"`), plain},
		"a settlement account to debit": {with("alice", "settlement:EUR"), but(func(c *command.Command) {
			c.Account = "settlement:EUR"
		})},
		"last attempt": {plus(`"attempt":2147483647`), but(func(c *command.Command) { c.Attempt = 1<<31 - 1 })},
		"time with a zone": {zoned, but(func(c *command.Command) {
			c.OccurredAt = time.Date(2026, 1, 31, 0, 0, 59, 250_000_000, time.UTC)
		})},
		"metadata":       {plus(`"metadata":{"a":"","":"b","order_id":"ord-2"}`), plain},
		"empty metadata": {plus(`"metadata":{}`), plain},
		"longest order id": {with("ord-1", strings.Repeat("é", 64)), but(func(c *command.Command) {
			c.OrderID = strings.Repeat("é", 64)
		})},
		"odd order id": {with("ord-1", " <é>\u2028\U0001f600 "), but(func(c *command.Command) {
			c.OrderID = " <é>\u2028\U0001f600 "
		})},
		"largest value": {with("", "") + strings.Repeat(" ", command.MaxValueSize-len(with("", ""))), plain},
	} {
		got, rejection := command.Decode([]byte(test.value))
		if rejection != nil || got != test.want {
			t.Errorf("%s: %.200q gives\n%+v, %v; want\n%+v", name, test.value, got, rejection, test.want)
		}
	}
}

func TestDecodeRejects(t *testing.T) {
	t.Parallel()
	var decoder command.Decoder
	for _, row := range rejected {
		c, rejection := decoder.Decode([]byte(row.value))
		if rejection == nil || rejection.Reason != row.reason || rejection.OrderID != row.orderID {
			t.Errorf("%.200q gives\n%+v; want %s, order %q", row.value, rejection, row.reason, row.orderID)
			continue
		}
		if c != (command.Command{}) {
			t.Errorf("%.200q is rejected, and gives %+v", row.value, c)
		}
		if problem := detailProblem(rejection.Detail); problem != "" {
			t.Errorf("%.200q: the detail %q is %s", row.value, rejection.Detail, problem)
		}
	}
	if _, rejection := command.Decode(nil); rejection == nil || rejection.Reason != command.ReasonEmptyValue {
		t.Errorf("no value gives %+v, want reason %s", rejection, command.ReasonEmptyValue)
	}
}

// A dead letter keeps the account that its message named, whatever is wrong with it.
func TestRejectionNamesTheAccount(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		amount("x", "USD"):                            "alice",
		with(`"ord-1"`, "null"):                       "alice",
		plus(`"note":"x"`):                            "alice",
		with("{", `{"note":"x",`):                     "alice",
		with("}", "} x"):                              "alice",
		with("}", ",}"):                               "alice",
		with(`account`, `\u0061ccount`) + "x":         "alice",
		`{"account":"alice","order_id":"ord-1`:        "alice",
		`{"account":"alice","note":{"account":"bob"}`: "alice",
		plus(`"account":"bob"`):                       "",
		plus(`"account":"alice"`):                     "",
		with(`"alice"`, "1"):                          "",
		with("alice", `a\n`):                          "",
		with("alice", "a\xff"):                        "",
		with("alice", "settlement:USD"):               "settlement:USD",
		`{"order_id":"ord-1"}`:                        "",
		`{"Account":"alice"}`:                         "",
		`["account","alice"]`:                         "",
		"":                                            "",
	} {
		if _, rejection := command.Decode([]byte(value)); rejection == nil || rejection.Account != want {
			t.Errorf("%s gives\n%+v; want account %q", value, rejection, want)
		}
	}
}

// detailProblem says why a detail cannot be shown to an operator as it is.
func detailProblem(detail string) string {
	switch {
	case detail == "":
		return "empty"
	case strings.ContainsFunc(detail, func(r rune) bool { return !unicode.IsPrint(r) }):
		return "not printable"
	case len(detail) > 1000:
		return "too long"
	}
	return ""
}

func TestEveryReasonOfDecodeHasARow(t *testing.T) {
	t.Parallel()
	settled := []command.Reason{command.ReasonOrderConflict, command.ReasonTooOld, command.ReasonDatabaseRefused,
		command.ReasonAccountQuarantined}
	for _, reason := range command.Reasons() {
		tested := slices.ContainsFunc(rejected, func(r row) bool { return r.reason == reason })
		if tested == slices.Contains(settled, reason) {
			t.Errorf("%s: is in the rows %v, is given by settle %v", reason, tested, !tested)
		}
	}
	for _, row := range rejected {
		if row.reason.Description() == "" {
			t.Errorf("%s is not in Reasons", row.reason)
		}
	}
}

func TestDetailsNameFieldValueAndExpectation(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ value, want string }{
		{
			amount("12.345", "USD"),
			`amount "12.345" has more decimal digits than USD, which has 2; expected an amount such as "12.34"`,
		},
		{amount("0.00", "USD"), `amount "0.00" is not above zero; expected at least 0.01 USD`},
		{
			minor("1000000000000001"),
			`amount_minor "1000000000000001" is too large; expected at most 10000000000000.00 USD`,
		},
		{
			with("ord-1", "cafe\u0301"),
			"order_id \"cafe\u0301\" is not in Unicode normal form C; expected \"caf\u00e9\"",
		},
		{with("alice", `a\n2026 paid`), `account "a\n2026 paid" has a control character; expected none`},
		{with("USD", strings.Repeat("€", 30)), `currency "` + strings.Repeat("€", 21) +
			`"… is unknown; expected an ISO 4217 code such as "USD"`},
		{plus(`"attempt":"2"`), `attempt "2" is a JSON string; expected a JSON number`},
		{plus("\"attempt\":[1,\n2]"), `attempt "[1,\n2]" is a JSON array; expected a JSON number`},
		{plus(`"metadata":{"a":"x","b":[]}`), `metadata "b" is a JSON array; expected a JSON string`},
		{plus(`"metadata":{"a":"","a":""}`), `the field "metadata/a" occurs more than once; expected it once`},
		{`{"amount":"1"}`, `missing order_id, account, currency; expected it in every message`},
		{`{"order_id":"x"} {`, `not a JSON text from byte 18 on: unexpected EOF`},
		{`null`, `the value is the JSON literal null; expected a JSON object`},
	} {
		_, rejection := command.Decode([]byte(test.value))
		if rejection == nil || rejection.Detail != test.want {
			t.Errorf("%s gives\n%v, want\n%s", test.value, rejection, test.want)
		}
	}
}

// TestResultSharesNoMemory: the buffer of a fetch is used again while its commands are being settled.
func TestResultSharesNoMemory(t *testing.T) {
	t.Parallel()
	var decoder command.Decoder
	value := []byte(plus(`"credit_account":"shop"`))
	c, rejection := decoder.Decode(value)
	bad := []byte(plus(`"note":"x"`))
	_, badRejection := decoder.Decode(bad)
	if rejection != nil || badRejection == nil {
		t.Fatal(rejection, badRejection)
	}
	clear(value)
	clear(bad)
	if c.OrderID != "ord-1" || c.Account != "alice" || c.CreditAccount != "shop" || c.Currency != "USD" {
		t.Errorf("the command changed with the buffer: %+v", c)
	}
	if badRejection.OrderID != "ord-1" || !strings.Contains(badRejection.Detail, `"note"`) {
		t.Errorf("the rejection changed with the buffer: %+v", badRejection)
	}
}

// TestDecoderLetsGoOfTheValue: a lane that waits for its next message must not hold the last fetch in memory.
func TestDecoderLetsGoOfTheValue(t *testing.T) {
	t.Parallel()
	var decoder command.Decoder
	for _, message := range []string{minor("5"), plus(`"metadata":{"a":"b"}`), plus(`"note":"x"`), "[", "null"} {
		value := []byte(message + strings.Repeat(" ", 1000))
		buffer := weak.Make(&value[0])
		_, _ = decoder.Decode(value)
		if !freed(buffer) {
			t.Errorf("%s is still in memory", message)
		}
	}
	runtime.KeepAlive(&decoder)
}

// freed reports whether the collector takes the byte. One collection may spare it by accident: the frame of a
// goroutine that was stopped midway is scanned for anything that looks like a pointer.
func freed(b weak.Pointer[byte]) bool {
	for range 20 {
		if runtime.GC(); b.Value() == nil {
			return true
		}
	}
	return false
}

func TestDecodeFromManyGoroutines(t *testing.T) {
	t.Parallel()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for _, row := range rejected {
				_, rejection := command.Decode([]byte(row.value))
				if rejection == nil || rejection.Reason != row.reason {
					t.Errorf("%.80q gives %v, want reason %s", row.value, rejection, row.reason)
				}
				c, rejection := command.Decode([]byte(minor("5")))
				if rejection != nil || c.OrderID != "ord-1" || c.Amount != 5 {
					t.Errorf("a good message gives %+v, %v", c, rejection)
				}
			}
		})
	}
	group.Wait()
}

func TestDecodeAllocatesBlocksOfNames(t *testing.T) {
	var decoder command.Decoder
	value := []byte(with("", ""))
	n := testing.AllocsPerRun(10, func() {
		for range 80 {
			_, _ = decoder.Decode(value)
		}
	})
	if n > 1 {
		t.Errorf("%v allocations for 80 messages, want 1", n)
	}
}

func TestRejectionIsAnError(t *testing.T) {
	t.Parallel()
	var c command.Command
	err := c.UnmarshalJSON([]byte("[]"))
	var rejection *command.Rejection
	const want = "wrong_type: the value is a JSON array; expected a JSON object"
	if !errors.As(err, &rejection) || err.Error() != want {
		t.Errorf("the error is %v", err)
	}
}
