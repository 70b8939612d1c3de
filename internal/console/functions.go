package console

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	"deductor/consumer/currency"
	"deductor/internal/printable"
	"deductor/internal/progress"
)

// functions are those of the templates.
var functions = template.FuncMap{
	"text":     printable.Text,
	"number":   progress.Thousands,
	"offset":   offset,
	"money":    money,
	"total":    func(minor, code string) string { return grouped(currency.FormatDigits(minor, code)) },
	"rate":     rate,
	"duration": duration,
	"utc":      func(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05") },
	"clock":    func(at time.Time) string { return at.UTC().Format("15:04:05") },
	"rfc3339":  func(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) },
	"plural":   plural,
	"dict":     dict,
	"int64":    func(n int) int64 { return int64(n) },
}

// offset writes a number without separators, so that it can be copied; a dash
// for none.
func offset(n *int64) string {
	if n == nil {
		return "–"
	}
	return strconv.FormatInt(*n, 10)
}

func money(minor int64, code string) string { return grouped(currency.Format(minor, code)) }

// grouped sets a comma between thousands of a decimal number.
func grouped(amount string) string {
	unsigned, negative := strings.CutPrefix(amount, "-")
	whole, fraction, hasPoint := strings.Cut(unsigned, ".")
	var text strings.Builder
	if negative {
		text.WriteString("−")
	}
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			text.WriteByte(',')
		}
		text.WriteRune(digit)
	}
	if hasPoint {
		text.WriteString("." + fraction)
	}
	return text.String()
}

// rate writes how many there are a second.
func rate(perSecond float64) string {
	if perSecond > 0 && perSecond < 10 {
		return strconv.FormatFloat(perSecond, 'f', 1, 64)
	}
	return progress.Thousands(int64(math.Round(perSecond)))
}

// duration writes a time span with the two units that matter.
func duration(d time.Duration) string {
	d = max(0, d).Round(time.Second)
	switch hours := int64(d / time.Hour); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	case hours < 48:
		return fmt.Sprintf("%d h %d min", hours, d%time.Hour/time.Minute)
	default:
		return fmt.Sprintf("%d days %d h", hours/24, hours%24)
	}
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return progress.Thousands(n) + " " + many
}

// dict makes the argument of a part from names and values.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("%d names and values", len(pairs))
	}
	made := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("%v is no name", pairs[i])
		}
		made[name] = pairs[i+1]
	}
	return made, nil
}
