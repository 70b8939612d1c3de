package currency_test

import (
	"errors"
	"math/big"
	"regexp"
	"testing"

	"deductor/consumer/currency"
)

// number is what an amount looks like, whatever the currency.
var number = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

// FuzzParse holds Parse against exact arithmetic.
func FuzzParse(f *testing.F) {
	f.Add("12.34", "USD")
	f.Add("-92233720368547758.08", "USD")
	f.Add("18446744073709551616", "JPY")
	f.Add("0.0001", "CLF")
	f.Add("-0.00", "KWD")
	f.Add("1e3", "XXX")
	f.Fuzz(func(t *testing.T, amount, code string) {
		minor, err := currency.Parse(amount, code)
		digits, known := currency.Digits(code)
		var refused *currency.AmountError
		if err != nil && !errors.As(err, &refused) {
			t.Fatalf("%T: %v", err, err)
		}
		exact, isNumber := new(big.Rat).SetString(amount)
		isNumber = isNumber && number.MatchString(amount)
		if !known || !isNumber {
			if err == nil {
				t.Fatalf("%q %q is read as %d", amount, code, minor)
			}
			return
		}
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
		exact.Mul(exact, new(big.Rat).SetInt(scale))
		if err == nil && (!exact.IsInt() || exact.Num().Cmp(big.NewInt(minor)) != 0) {
			t.Fatalf("%q %s is read as %d, and is %s", amount, code, minor, exact)
		}
		if err != nil && refused.Kind == currency.TooLarge && exact.Num().IsInt64() {
			t.Fatalf("%q %s is %s: %v", amount, code, exact, err)
		}
		if err != nil {
			return
		}
		if again, err := currency.Parse(currency.Format(minor, code), code); err != nil || again != minor {
			t.Fatalf("%d %s is written as %s, which is read as %d, %v",
				minor, code, currency.Format(minor, code), again, err)
		}
	})
}
