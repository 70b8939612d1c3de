package command_test

import (
	"fmt"
	"strings"
	"testing"

	"deductor/consumer/command"
)

// What nearly every message looks like is read the fast way; what only may be right is left to the JSON decoder.
func TestPlainMessages(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		with("", ""), minor("1234"), plus(`"credit_account":"shop"`), plus(`"attempt":20`),
		plus(`"occurred_at":"2026-01-31T23:59:59Z"`), "\n {\t" + with("{", "") + "\r\n", `{"attempt" : 5}`,
		plus(`"metadata":{}`), plus(`"metadata":{ }`), plus(`"metadata" : { "a" : "b" , "c":"" } `),
		plus(`"metadata":{"a":"b","":"b"}`), plus(manyStrings(8)), with("alice", "!~ "), with("alice", ""),
		`{"currency":"1","order_id":"2"}`,
	} {
		if !command.IsPlain([]byte(value)) {
			t.Errorf("%s is not read as a plain message", value)
		}
	}
	for _, value := range []string{
		"", " ", "{", "{}", "{ }", `{"attempt"`, `{"attempt":`, `{"attempt":5`, `{"attempt":5,`, `{"attempt":5,}`,
		`{"attempt":"5`, `{"attempt":"5"}`, `{"attempt":5x}`, `{"amount":5}`, `{"amount":"5}`, `{"amount_minor":"5"}`,
		`{"attempt":5}}`, `{"attempt":5} x`, `{"attempt":5]`, `{"attempt" 5}`, `{"attempt":5 6}`, `{"attempt":5,"attempt":5}`,
		`{"attempt":5 "account":"x"}`, `{"attempt":5;}`, `{,"attempt":5}`, `{attempt:5}`, `{'attempt':5}`, `"attempt":5`,
		with(",", ",,"), with("order_id", "Order_id"), with("order_id", "x"), with("order_id", `order\u005fid`),
		with("alice", `al\nice`), with("alice", `al\"ice`), with("alice", "al\x1fice"), with("alice", "al\x7fice"),
		with("alice", "\u00e9"), with("alice", "\xff"), minor("-5"), minor("0"), minor("05"), minor("5.0"), minor("5e1"),
		minor("5a"), plus(`"metadata":{"a":"b","a":"c"}`), plus(`"metadata":{"a":1}`), plus(`"metadata":{"a":{}}`),
		plus(`"metadata":{"a"}`), plus(`"metadata":{"a":}`), plus(`"metadata":{"a":"b",}`), plus(`"metadata":{,}`),
		plus(`"metadata":{"a" "b"}`), plus(`"metadata":{"a":"b" "c":"d"}`), plus(`"metadata":{"a":"b"]`),
		plus(`"metadata":["a"]`), plus(`"metadata":"a"`), plus(`"metadata":{"a":"\n"}`), plus(`"metadata":{"a":"\u00e9"}`),
		`{"metadata":{"a":"b"`, `{"metadata":{"a":"b",`, `{"metadata":{"a":`, `{"metadata":{"a`, `{"metadata":{`,
		`{"metadata":{}`, plus(manyStrings(9)), plus(`"attempt":null`), plus(`"attempt":[1]`), plus(`"attempt":true`),
		"\ufeff" + with("", ""), "\v" + with("", ""), "[" + with("", "") + "]", with("", "") + with("", ""),
	} {
		if command.IsPlain([]byte(value)) {
			t.Errorf("%s is read as a plain message", value)
		}
	}
}

// Whatever way a message is read, it is read alike: FuzzDecode looks for more.
func TestPlainReading(t *testing.T) {
	t.Parallel()
	for _, row := range rejected {
		if problem := command.PlainReading([]byte(row.value)); problem != "" {
			t.Errorf("%.200q: %s", row.value, problem)
		}
	}
	for _, good := range []string{with("", ""), plus(`"metadata":{"note":"eight by eight", "c": ""}`)} {
		for at := range len(good) {
			for c := range 256 {
				for _, value := range []string{
					good[:at] + string([]byte{byte(c)}) + good[at+1:], good[:at] + string([]byte{byte(c)}) + good[at:],
				} {
					if problem := command.PlainReading([]byte(value)); problem != "" {
						t.Errorf("%q: %s", value, problem)
					}
				}
			}
		}
	}
}

// manyStrings is metadata with so many names.
func manyStrings(names int) string {
	pairs := make([]string, names)
	for i := range pairs {
		pairs[i] = fmt.Sprintf(`"%d":"x"`, i)
	}
	return `"metadata":{` + strings.Join(pairs, ",") + "}"
}

// Bytes are looked at eight at once: each is seen, wherever it is and whatever its neighbours are.
func TestPlainStringEndsAtEachOtherByte(t *testing.T) {
	t.Parallel()
	for at := range 20 {
		for c := range 256 {
			for _, neighbour := range " !#[]a~" {
				text := []byte(strings.Repeat(string(neighbour), 20))
				text[at] = byte(c)
				want := c >= ' ' && c <= '~' && c != '"' && c != '\\'
				if got := command.IsPlain([]byte(fmt.Sprintf(`{"account":"%s"}`, text))); got != want {
					t.Fatalf("%q is plain: %t, want %t", text, got, want)
				}
			}
		}
	}
}

// Names of many commands share memory, and none is changed by a later one.
func TestNamesStayAsTheyWere(t *testing.T) {
	t.Parallel()
	const n = 1000
	var decoder command.Decoder
	got := make([]command.Command, n)
	name := func(kind string, i int) string { return fmt.Sprintf("%s-%d-%s", kind, i, strings.Repeat("x", i%100)) }
	for i := range got {
		value := fmt.Sprintf(`{"order_id":%q,"account":%q,"credit_account":%q,"amount":"1","currency":"USD"}`,
			name("ord", i), name("acc", i), name("shop", i))
		var rejection *command.Rejection
		if got[i], rejection = decoder.Decode([]byte(value)); rejection != nil {
			t.Fatal(rejection)
		}
	}
	for i, c := range got {
		if c.OrderID != name("ord", i) || c.Account != name("acc", i) || c.CreditAccount != name("shop", i) {
			t.Fatalf("command %d has become %+v", i, c)
		}
	}
}

// A decoder that goes on for ever holds the names of the last commands, not of all.
func TestDecoderLetsGoOfNames(t *testing.T) {
	t.Parallel()
	var decoder command.Decoder
	for range 10_000 {
		_, _ = decoder.Decode([]byte(with("", "")))
	}
	if held := decoder.Held(); held > 8192 {
		t.Errorf("%d bytes of names are held, want a block", held)
	}
}
