package main

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
)

const letterJSON = `{
  "id": 1,
  "topic": "payments",
  "partition": 3,
  "offset": 41,
  "reason": "order_conflict",
  "detail": "the order is known with another amount_minor",
  "order_id": "paid",
  "account": "alice",
  "state": "open",
  "created_at": "TIME",
  "resolved_at": null,
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
  "value": "{\"order_id\":\"paid\",\"account\":\"alice\",\"amount\":\"1.51\",\"currency\":\"USD\"}",
  "value_base64": "eyJvcmRlcl9pZCI6InBhaWQiLCJhY2NvdW50IjoiYWxpY2UiLCJhbW91bnQiOiIxLjUxIiwiY3VycmVuY3kiOiJVU0QifQ==",
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
  ],
  "actions": []
}
`

const letterText = `id                1
record            payments[3]@41
reason            order_conflict
detail            the order is known with another amount_minor
order             paid
account           alice
state             open
created at        TIME
resolved at       -
record timestamp  TIME
difference        {"amount_minor": {"stored": "150", "received": "151"}}

key (5 bytes):
alice

header trace (2 bytes):
00000000  ff 00                                             |..|

header empty: none

value (70 bytes):
{"order_id":"paid","account":"alice","amount":"1.51","currency":"USD"}
`

const lettersJSON = `[
  {
    "id": 2,
    "topic": "payments",
    "partition": 3,
    "offset": 42,
    "reason": "invalid_json",
    "detail": "DETAIL",
    "order_id": null,
    "account": null,
    "state": "open",
    "created_at": "TIME"
  }
]
`

func TestDeadletter(t *testing.T) {
	t.Parallel()
	env, _ := settledEnv(t,
		`{"order_id":"paid","account":"alice","amount":"1.50","currency":"USD"}`,
		`{"order_id":"paid","account":"alice","amount":"1.51","currency":"USD"}`,
		"\xff\x00\x1b[2J",
		`{"order_id":"bad","account":"alice","currency":"USD"}`,
	)
	wantOutput(t, mustRun(t, env, "deadletter", "show", "1", "-o", "json"), letterJSON)
	wantOutput(t, mustRun(t, env, "deadletter", "show", "1"), letterText)
	const dump = "value (6 bytes):\n00000000  ff 00 1b 5b 32 4a "
	if text := mustRun(t, env, "deadletter", "show", "2"); !strings.Contains(text, dump) {
		t.Errorf("dead letter 2 is\n%s", text)
	}
	runCommand(t, env, "", "deadletter", "show", "4").expect(t, exitFailure,
		"get dead letter 4: no such dead letter: deductor deadletter list has them")
	runCommand(t, env, "", "deadletter", "show", "x").expect(t, exitUsage, `"x" is not the id of a dead letter`)

	var letters []deadLetterView
	mustRead(t, env, &letters, "deadletter", "list", "--code", "invalid_json")
	if len(letters) != 1 || !strings.Contains(string(letters[0].Detail), "not a JSON text") {
		t.Fatalf("dead letters are %+v", letters)
	}
	detail, _ := json.Marshal(letters[0].Detail)
	wantOutput(t, mustRun(t, env, "deadletter", "list", "--code", "invalid_json", "-o", "json"),
		strings.Replace(lettersJSON, `"DETAIL"`, string(detail), 1))
	for args, ids := range map[string]string{
		"":                               "1 2 3",
		"--order paid":                   "1",
		"--order paid --code nothing":    "",
		"--after 1":                      "2 3",
		"--after 1 --limit 1":            "2",
		"--code amount_missing":          "3",
		"--account alice":                "1 3",
		"--account alice --from-id 2":    "3",
		"--to-id 2 --after 1":            "2",
		"--topic payments --partition 3": "1 2 3",
		"--partition 0":                  "",
		"--state all":                    "1 2 3",
		"--state discarded":              "",
		"--order bad --limit 5 -o text ": "3",
	} {
		var got []string
		listed := mustRun(t, env, append([]string{"deadletter", "list"}, strings.Fields(args)...)...)
		for _, line := range strings.Split(strings.TrimSpace(listed), "\n")[1:] {
			got = append(got, strings.Fields(line)[0])
		}
		if strings.Join(got, " ") != ids {
			t.Errorf("deadletter list %s gives ids %v, want %s", args, got, ids)
		}
	}
	runCommand(t, env, "", "deadletter", "list", "--limit", "2").expect(t, exitOK,
		"there may be more: go on with --after 2")
	wantOutput(t, mustRun(t, env, "deadletter", "list", "--order", "none", "-o", "json"), "[]\n")
}

// A terminal must not be told anything by what somebody put in a topic.
func TestDeadletterIsSafeForTerminals(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{
		"\x1b]0;title\x07", "\u009b2J", "\u202eltr", "\x7f\x08\r\n\t\x00", "\xff\x1b[2J", "\u2028\ufeff\U000e0001",
		`{"order_id":"a` + "\u202e" + `","account":"b` + "\u2066" + `","amount":"x"}`,
	} {
		env, db := settledEnv(t, evil)
		storable := strings.ToValidUTF8(strings.ReplaceAll(evil, "\x00", ""), "")
		if _, err := db.Pool.Exec(t.Context(), `UPDATE dead_letter SET record_key = $1, header_keys = ARRAY[$1::bytea],
			header_values = ARRAY[$1::bytea], difference = jsonb_build_object('account', $2::text), detail = $2::text`,
			[]byte(evil), storable); err != nil {
			t.Fatal(err)
		}
		for _, args := range []string{"show 1", "show 1 -o json", "list", "list -o json"} {
			shown := mustRun(t, env, append([]string{"deadletter"}, strings.Fields(args)...)...)
			for _, r := range shown {
				if r != '\n' && !unicode.IsPrint(r) {
					t.Errorf("deadletter %s of %q writes %U:\n%q", args, evil, r, shown)
					break
				}
			}
		}
		var content shownView
		mustRead(t, env, &content, "deadletter", "show", "1")
		if string(content.ValueBase64) != evil {
			t.Errorf("the value is %q, want %q", content.ValueBase64, evil)
		}
	}
}

func TestDeadletterShowCutsLongValues(t *testing.T) {
	t.Parallel()
	env, _ := settledEnv(t, strings.Repeat("é", 3000), strings.Repeat("\xff", 5000))
	text := mustRun(t, env, "deadletter", "show", "1")
	if strings.Count(text, "éé") != maxShown/4 || !strings.Contains(text, "… and 1904 bytes more: -o json has them all") {
		t.Errorf("it is shown as\n%s", text)
	}
	if text = mustRun(t, env, "deadletter", "show", "2"); strings.Count(text, "|................|\n") != maxShown/16 ||
		!strings.Contains(text, "… and 904 bytes more: -o json has them all") {
		t.Errorf("it is shown as\n%s", text)
	}
	var content shownView
	mustRead(t, env, &content, "deadletter", "show", "2")
	if len(content.ValueBase64) != 5000 || content.Value != nil {
		t.Errorf("the JSON has %d bytes, text %v", len(content.ValueBase64), content.Value)
	}
}

func TestDeadletterOfATombstone(t *testing.T) {
	t.Parallel()
	env, db := settledEnv(t, "")
	if _, err := db.Pool.Exec(t.Context(), `UPDATE dead_letter SET record_key = NULL, record_value = NULL,
		header_keys = '{}', header_values = '{}', record_timestamp = 9223372036854775807`); err != nil {
		t.Fatal(err)
	}
	text := mustRun(t, env, "deadletter", "show", "1")
	if !strings.Contains(text, "record timestamp  -\n") || !strings.HasSuffix(text, "\nkey: none\n\nvalue: none\n") {
		t.Errorf("it is shown as\n%s", text)
	}
	data := mustRun(t, env, "deadletter", "show", "1", "-o", "json")
	if want := `"difference": null,
  "record_timestamp": null,
  "record_timestamp_ms": 9223372036854775807,
  "key": null,
  "key_base64": null,
  "value": null,
  "value_base64": null,
  "headers": [],
  "actions": []
}
`; !strings.HasSuffix(data, want) {
		t.Errorf("it is\n%s, want an end of\n%s", data, want)
	}
}
