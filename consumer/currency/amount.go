package currency

import (
	"math"
	"strings"
)

// maxMagnitude is the largest number of minor units without its sign: that of math.MinInt64.
const maxMagnitude = uint64(math.MaxInt64) + 1

// Parse reads an amount in major units of a currency, such as "12.34", "-0.05" or, for JPY, "100", and
// returns it in minor units. Fewer decimal digits than the currency has are fine ("12.3" dollars are 1230
// cents); more are not, even if they are zeros. Zero is "0", "0.0" and so on, never with a minus sign.
//
// The error is always an [*AmountError].
func Parse(amount, code string) (minor int64, err error) {
	digits, ok := Digits(code)
	if !ok {
		return 0, refuse(UnknownCurrency, amount, code)
	}
	unsigned, negative := strings.CutPrefix(amount, "-")
	whole, fraction, hasPoint := strings.Cut(unsigned, ".")
	switch {
	case !isNumber(whole), len(whole) > 1 && whole[0] == '0', hasPoint && !isNumber(fraction):
		return 0, refuse(Syntax, amount, code)
	case len(fraction) > digits:
		return 0, refuse(TooManyDigits, amount, code)
	}
	magnitude, fits := join(whole, fraction, "0000"[:digits-len(fraction)])
	switch {
	case !fits, !negative && magnitude == maxMagnitude:
		return 0, refuse(TooLarge, amount, code)
	case negative && magnitude == 0:
		return 0, refuse(Syntax, amount, code)
	case negative:
		return int64(-magnitude), nil //nolint:gosec // at most 1<<63, of which the negative fits
	}
	return int64(magnitude), nil //nolint:gosec // below 1<<63
}

// Format writes an amount of minor units in major units, with all the decimal digits of the currency:
// "12.34", "-0.05", or "100" for JPY. [Parse] reads it back. For an unknown code it writes the bare integer
// of minor units.
func Format(minor int64, code string) string {
	digits, _ := Digits(code)
	magnitude := uint64(minor) //nolint:gosec // two's complement: negated below
	if minor < 0 {
		magnitude = -magnitude
	}
	var text [len("-9223372036854775.808")]byte
	at := len(text)
	for written := 0; magnitude > 0 || written <= digits; written++ {
		if written == digits && digits > 0 {
			at--
			text[at] = '.'
		}
		at--
		text[at] = byte('0' + magnitude%10)
		magnitude /= 10
	}
	if minor < 0 {
		at--
		text[at] = '-'
	}
	return string(text[at:])
}

// FormatDigits is [Format] for a decimal integer of minor units that may have more digits than an int64 takes,
// such as a sum over accounts.
func FormatDigits(minor, code string) string {
	digits, _ := Digits(code)
	if digits == 0 {
		return minor
	}
	sign := ""
	if strings.HasPrefix(minor, "-") {
		sign, minor = "-", minor[1:]
	}
	if missing := digits + 1 - len(minor); missing > 0 {
		minor = strings.Repeat("0", missing) + minor
	}
	point := len(minor) - digits
	return sign + minor[:point] + "." + minor[point:]
}

// isNumber reports whether s is one or more ASCII digits.
func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// join reads the parts, which hold nothing but digits, as one number; it reports false beyond maxMagnitude.
func join(parts ...string) (magnitude uint64, fits bool) {
	for _, part := range parts {
		for i := range len(part) {
			digit := uint64(part[i] - '0')
			if magnitude > (maxMagnitude-digit)/10 {
				return 0, false
			}
			magnitude = magnitude*10 + digit
		}
	}
	return magnitude, true
}

// refuse copies its strings, so that those of a caller that succeeds can stay on its stack.
func refuse(kind Kind, amount, code string) error {
	return &AmountError{Kind: kind, Amount: strings.Clone(amount), Currency: strings.Clone(code)}
}
