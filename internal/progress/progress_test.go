package progress

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestLineElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		counter := NewCounter("sent", 1000)
		line := Start(&out, counter.Line)
		counter.Add(400)
		time.Sleep(11 * time.Second) // of the bubble's clock: two lines
		counter.Add(600)
		line.Stop()
		line.Stop()
		const want = "sent 400 of 1,000 (40 %), 80/s, 8s left\n" +
			"sent 400 of 1,000 (40 %), 40/s, 15s left\n" +
			"sent 1,000 of 1,000 (100 %), 90/s\n"
		if out.String() != want {
			t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
		}
	})
}

func TestLineOnTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		steps := 0
		line := start(&out, func() string { steps++; return strings.Repeat("x", steps) }, true)
		time.Sleep(500 * time.Millisecond) // of the bubble's clock
		line.Stop()
		if want := "\r\x1b[Kx\r\x1b[Kxx\r\x1b[Kxxx\n"; out.String() != want {
			t.Errorf("got %q, want %q", out.String(), want)
		}
	})
}

func TestCounterWithoutTotal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		counter := NewCounter("read", 0)
		if got := counter.Line(); got != "read 0, 0/s" {
			t.Errorf("at the beginning: %q", got)
		}
		counter.Add(1_234_567)
		time.Sleep(time.Second) // of the bubble's clock
		if got := counter.Line(); got != "read 1,234,567, 1,234,567/s" {
			t.Errorf("after a second: %q", got)
		}
	})
}

func TestThousands(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1: "-1", -123: "-123", -1234: "-1,234",
		-9223372036854775808: "-9,223,372,036,854,775,808",
	} {
		if got := Thousands(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestIsTerminal(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/file")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	null, err := os.Open(os.DevNull) // a character device, as a terminal is
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	t.Setenv("TERM", "xterm")
	if IsTerminal(file) || IsTerminal(&bytes.Buffer{}) || !IsTerminal(null) {
		t.Error("a file or a buffer is taken for a terminal, or a device not")
	}
	t.Setenv("TERM", "dumb")
	if IsTerminal(null) {
		t.Error("a dumb terminal can't write over a line")
	}
}
