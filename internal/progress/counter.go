package progress

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Counter counts the steps of a work, and says so in a line for [Start]. Its
// methods may be called from any goroutine.
type Counter struct {
	what  string
	total int64
	done  atomic.Int64
	began time.Time
}

// NewCounter begins to count, such as "sent". The total is 0 when it is not
// known.
func NewCounter(what string, total int64) *Counter {
	return &Counter{what: what, total: total, began: time.Now()}
}

// Add counts n more.
func (c *Counter) Add(n int64) { c.done.Add(n) }

// Line says how many there were, of how many, how many a second since the
// beginning, and how long the rest will take at that rate.
func (c *Counter) Line() string {
	done, elapsed := c.done.Load(), time.Since(c.began)
	rate := float64(done) / max(elapsed.Seconds(), 1e-3)
	text := c.what + " " + Thousands(done)
	if c.total > 0 {
		text += fmt.Sprintf(" of %s (%d %%)", Thousands(c.total), 100*done/c.total)
	}
	text += fmt.Sprintf(", %s/s", Thousands(int64(rate)))
	if rest := c.total - done; done > 0 && rest > 0 {
		left := time.Duration(float64(rest) / rate * float64(time.Second))
		text += fmt.Sprintf(", %v left", left.Round(time.Second))
	}
	return text
}

// Thousands writes a number with commas: 1,234,567.
func Thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	var text strings.Builder
	text.WriteString(sign)
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			text.WriteByte(',')
		}
		text.WriteRune(digit)
	}
	return text.String()
}
