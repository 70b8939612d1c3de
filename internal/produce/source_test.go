package produce

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"deductor/consumer/command"
)

const order1 = `{"order_id":"o-1","account":"a","amount":"1.00","currency":"USD"}`

// readAll writes each message and error in a line.
func readAll(text string, validate bool) string {
	var said strings.Builder
	for m, err := range ReadLines(strings.NewReader(text), validate) {
		var invalid *InvalidLineError
		var rejection *command.Rejection
		switch {
		case errors.As(err, &invalid) && errors.As(err, &rejection):
			fmt.Fprintf(&said, "line %d invalid\n", invalid.Number)
		case err != nil:
			fmt.Fprintf(&said, "%v\n", err)
		default:
			fmt.Fprintf(&said, "%s: %s|%.20s\n", m.Source, m.OrderID, m.Value)
		}
	}
	return said.String()
}

func TestReadLines(t *testing.T) {
	t.Parallel()
	noAmount := `{"order_id":"o-2","account":"a","currency":"USD"}`
	text := order1 + "\r\n\n" + "x\n" + noAmount + "\n" + order1
	first := "line 1: o-1|" + order1[:20] + "\n"
	last := "line 5: o-1|" + order1[:20] + "\n"
	for _, test := range []struct {
		text     string
		validate bool
		want     string
	}{
		{text, false, first + "line 3: |x\nline 4: o-2|" + noAmount[:20] + "\n" + last},
		{text, true, first + "line 3 invalid\nline 4 invalid\n" + last},
		{"", true, ""},
		{"\n\n", false, ""},
		{order1 + "\n" + strings.Repeat("x", maxLine+1), false, first + "line 2: it is longer than 16777216 bytes\n"},
	} {
		if got := readAll(test.text, test.validate); got != test.want {
			t.Errorf("validate %v: got\n%swant\n%s", test.validate, got, test.want)
		}
	}
}

func TestReadLinesKeepsNoBuffer(t *testing.T) {
	t.Parallel()
	var all []Message
	text := "first\n" + strings.Repeat("other\n", 100_000) // more than is read at once
	for m, err := range ReadLines(strings.NewReader(text), false) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	if len(all) != 100_001 || string(all[0].Value) != "first" {
		t.Errorf("%d messages, the first %s", len(all), all[0].Value)
	}
}

func TestReadLinesStops(t *testing.T) {
	t.Parallel()
	for _, validate := range []bool{false, true} {
		for _, err := range ReadLines(strings.NewReader("1\n2\n3\n"), validate) {
			if (err != nil) != validate {
				t.Errorf("the first line: %v", err)
			}
			break // going on would panic
		}
	}
}
