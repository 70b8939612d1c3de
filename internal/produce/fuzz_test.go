package produce

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"deductor/consumer/command"
)

// FuzzReadLines checks that each line that is not empty becomes one message, as
// it is, with the key that its command has.
func FuzzReadLines(f *testing.F) {
	f.Add([]byte(order1+"\r\n\n"+`{"order_id":"o-2"}`+"\nx"), true)
	f.Add([]byte("\n\r\n\r\r\n\x00"), false)
	f.Add([]byte("\xff\n\u2028"), true)
	f.Fuzz(func(t *testing.T, text []byte, validate bool) {
		var want [][]byte
		for line := range bytes.SplitSeq(text, []byte("\n")) {
			if line = bytes.TrimSuffix(line, []byte("\r")); len(line) > 0 {
				want = append(want, line)
			}
		}
		n := 0
		for m, err := range ReadLines(bytes.NewReader(text), validate) {
			if n >= len(want) {
				t.Fatalf("message %q, %v after the last line", m.Value, err)
			}
			c, rejection := command.Decode(want[n])
			var invalid *InvalidLineError
			switch {
			case validate && rejection != nil:
				if !errors.As(err, &invalid) || strings.Contains(err.Error(), "\n") {
					t.Fatalf("%q: %v", want[n], err)
				}
			case err != nil || !slices.Equal(m.Value, want[n]) || rejection == nil && m.OrderID != c.OrderID:
				t.Fatalf("%q is sent as %q under key %q, %v", want[n], m.Value, m.OrderID, err)
			}
			n++
		}
		if n != len(want) {
			t.Fatalf("%d of %d lines were read", n, len(want))
		}
	})
}
