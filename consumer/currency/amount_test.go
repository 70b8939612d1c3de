package currency_test

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"deductor/consumer/currency"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		amount, code string
		want         int64
	}{
		{"12", "USD", 1200},
		{"12.3", "USD", 1230},
		{"12.34", "USD", 1234},
		{"0.01", "USD", 1},
		{"0", "USD", 0},
		{"0.00", "USD", 0},
		{"-0.05", "USD", -5},
		{"-12", "USD", -1200},
		{"100", "JPY", 100},
		{"1.234", "KWD", 1234},
		{"1.2", "IQD", 1200},
		{"0.0001", "CLF", 1},
		{"92233720368547758.07", "USD", math.MaxInt64},
		{"-92233720368547758.08", "USD", math.MinInt64},
		{"9223372036854775807", "JPY", math.MaxInt64},
		{"-9223372036854775808", "JPY", math.MinInt64},
	} {
		if got, err := currency.Parse(test.amount, test.code); err != nil || got != test.want {
			t.Errorf("Parse(%q, %q) = %d, %v; want %d", test.amount, test.code, got, err, test.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	rows := []struct {
		amount, code string
		want         currency.Kind
	}{
		{"12.345", "USD", currency.TooManyDigits},
		{"12.340", "USD", currency.TooManyDigits},
		{"100.0", "JPY", currency.TooManyDigits},
		{"0.00000000000000000000000001", "CLF", currency.TooManyDigits},
		{"92233720368547758.08", "USD", currency.TooLarge},
		{"-92233720368547758.09", "USD", currency.TooLarge},
		{"9223372036854775808", "JPY", currency.TooLarge},
		{"-9223372036854775809", "JPY", currency.TooLarge},
		{"18446744073709551616", "JPY", currency.TooLarge}, // 2^64, which would wrap around to 0
		{"18446744073709551617", "JPY", currency.TooLarge},
		{"922337203685477581", "USD", currency.TooLarge},
		{strings.Repeat("9", 1<<20), "USD", currency.TooLarge},
		{"12", "usd", currency.UnknownCurrency},
		{"12", "XAU", currency.UnknownCurrency},
		{"12", "", currency.UnknownCurrency},
	}
	for _, amount := range []string{
		"", "-", ".", "-.", "12.", ".5", "-.5", "+1", "--1", "1e3", "1E3", "0x10", "1,000", "1_000", "1,5",
		" 1", "1 ", "1.2 ", "1.2.3", "1.-2", "012", "00", "00.1", "-01", "-0", "-0.00", "NaN", "Inf", "-Inf",
		"١٢", "1\x00", "$1",
	} {
		rows = append(rows, struct {
			amount, code string
			want         currency.Kind
		}{amount, "USD", currency.Syntax})
	}
	for _, test := range rows {
		got, err := currency.Parse(test.amount, test.code)
		var refused *currency.AmountError
		if !errors.As(err, &refused) || refused.Kind != test.want || got != 0 {
			t.Errorf("Parse(%.40q, %q) = %d, %v; want kind %d", test.amount, test.code, got, err, test.want)
			continue
		}
		if refused.Amount != test.amount || refused.Currency != test.code {
			t.Errorf("Parse(%.40q, %q): the error is about %+v", test.amount, test.code, *refused)
		}
	}
}

func TestAmountErrorIsOneBoundedLine(t *testing.T) {
	t.Parallel()
	for kind := currency.Kind(0); kind <= currency.UnknownCurrency; kind++ {
		amount := "1\n\x1b[2J" + strings.Repeat("9", 1000)
		text := (&currency.AmountError{Kind: kind, Amount: amount, Currency: "USD"}).Error()
		namesCurrency := strings.Contains(text, "USD") || kind == currency.Syntax
		if strings.ContainsAny(text, "\n\x1b") || len(text) > 200 || !namesCurrency {
			t.Errorf("kind %d: %q", kind, text)
		}
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		minor int64
		code  string
		want  string
	}{
		{1234, "USD", "12.34"},
		{1200, "USD", "12.00"},
		{5, "USD", "0.05"},
		{0, "USD", "0.00"},
		{-5, "USD", "-0.05"},
		{100, "JPY", "100"},
		{0, "JPY", "0"},
		{-7, "JPY", "-7"},
		{1, "KWD", "0.001"},
		{10_001, "CLF", "1.0001"},
		{math.MaxInt64, "USD", "92233720368547758.07"},
		{math.MinInt64, "USD", "-92233720368547758.08"},
		{math.MinInt64, "CLF", "-922337203685477.5808"},
		{math.MinInt64, "JPY", "-9223372036854775808"},
		{-1234, "XXX", "-1234"},
		{1234, "", "1234"},
	} {
		if got := currency.Format(test.minor, test.code); got != test.want {
			t.Errorf("Format(%d, %q) = %q, want %q", test.minor, test.code, got, test.want)
		}
	}
}

func TestFormatThenParse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.Int64().Draw(t, "minor")
		code := rapid.SampledFrom(currency.Codes()).Draw(t, "code")
		text := currency.Format(minor, code)
		if got, err := currency.Parse(text, code); err != nil || got != minor {
			t.Fatalf("%d %s is written %q, which is read as %d, %v", minor, code, text, got, err)
		}
	})
}

var plainDecimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

// TestParseAgreesWithBigRat holds Parse against exact arithmetic, on texts that are nearly always nearly
// right.
func TestParseAgreesWithBigRat(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.StringMatching(`-?[0-9]{0,20}(\.[0-9]{0,5})?|[-+0-9.,e ]{0,6}`).Draw(t, "amount")
		code := rapid.SampledFrom(currency.Codes()).Draw(t, "code")
		got, err := currency.Parse(amount, code)
		want, ok := slowParse(amount, code)
		if (err == nil) != ok || got != want {
			t.Fatalf("Parse(%q, %q) = %d, %v; exact arithmetic says %d, %v", amount, code, got, err, want, ok)
		}
	})
}

func slowParse(amount, code string) (minor int64, ok bool) {
	value, isNumber := new(big.Rat).SetString(amount)
	if !isNumber || !plainDecimal.MatchString(amount) {
		return 0, false
	}
	digits, _ := currency.Digits(code)
	_, fraction, _ := strings.Cut(amount, ".")
	negativeZero := value.Sign() == 0 && amount[0] == '-'
	value.Mul(value, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)))
	if negativeZero || len(fraction) > digits || !value.Num().IsInt64() {
		return 0, false
	}
	return value.Num().Int64(), true
}

func TestAllocations(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { _, _ = currency.Parse("12.34", "USD") }); n != 0 {
		t.Errorf("Parse allocates %v times, want none", n)
	}
	if n := testing.AllocsPerRun(100, func() { _ = currency.Format(1234567, "USD") }); n > 1 {
		t.Errorf("Format allocates %v times, want its result only", n)
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := currency.Parse("12345.67", "USD"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFormat(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = currency.Format(1_234_567, "USD")
	}
}

func ExampleParse() {
	for _, text := range []string{"12.3", "12.345"} {
		minor, err := currency.Parse(text, "USD")
		fmt.Println(minor, err)
	}
	// Output:
	// 1230 <nil>
	// 0 amount "12.345" has more decimal digits than USD, which has 2
}

func ExampleFormat() {
	fmt.Println(currency.Format(1234, "USD"), currency.Format(1234, "JPY"), currency.Format(1234, "KWD"))
	// Output: 12.34 1234 1.234
}
