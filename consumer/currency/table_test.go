package currency_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"deductor/consumer/currency"
)

// notInJDK lists what ISO 4217 has and the JDK of testdata/jdk.csv lacks.
var notInJDK = map[string]string{
	"UYW": "amendment 169 (2018); the JDK never took it up",
	"XAD": "amendment 179 (2025), after that JDK's release",
}

// withdrawn lists the codes the JDK keeps although ISO 4217 has moved them to its list of historic
// denominations.
const withdrawn = `ADP AFA ANG ATS AYM AZM BEF BGL BGN BYB BYR CSD CUC CYP DEM EEK ESP FIM FRF GHC GRD GWP HRK
	IEP ITL LTL LUF LVL MGF MRO MTL MZM NLG PTE ROL RUR SDD SIT SKK SLL SRG STD TMM TPE TRL USS VEB VEF YUM ZMK
	ZWD ZWL ZWN ZWR`

func readJDK(t *testing.T) map[string]int {
	t.Helper()
	text, err := os.ReadFile("testdata/jdk.csv")
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]int{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		code, digits, _ := strings.Cut(strings.TrimSpace(line), ",")
		if table[code], err = strconv.Atoi(digits); err != nil {
			t.Fatalf("testdata/jdk.csv: %q: %v", line, err)
		}
	}
	return table
}

func TestTableAgreesWithJDK(t *testing.T) {
	t.Parallel()
	jdk := readJDK(t)
	for _, code := range currency.Codes() {
		got, _ := currency.Digits(code)
		want, known := jdk[code]
		switch {
		case !known && notInJDK[code] == "":
			t.Errorf("%s is in the table, but the JDK does not know it", code)
		case known && notInJDK[code] != "":
			t.Errorf("%s is listed as unknown to the JDK, which knows it", code)
		case known && got != want:
			t.Errorf("%s has %d digits, the JDK says %d", code, got, want)
		}
	}
	historic := strings.Fields(withdrawn)
	for code, digits := range jdk {
		_, known := currency.Digits(code)
		payable := digits >= 0 && !slices.Contains(historic, code)
		if known != payable {
			t.Errorf("%s (%d digits in the JDK): known %v, want %v", code, digits, known, payable)
		}
	}
}

func TestDigits(t *testing.T) {
	t.Parallel()
	// IQD, UGX and CLF are where tables made from CLDR go wrong; UYW and XAD are not in the JDK.
	for code, want := range map[string]int{
		"USD": 2, "JPY": 0, "KWD": 3, "IQD": 3, "UGX": 0, "CLF": 4, "UYW": 4, "XAD": 2,
	} {
		if got, ok := currency.Digits(code); !ok || got != want {
			t.Errorf("Digits(%q) = %d, %v; want %d", code, got, ok, want)
		}
	}
	for _, code := range []string{"", "usd", "US", "USDD", "XXX", "XTS", "XAU", "XDR", "BGN", "ZZZ", "840"} {
		if got, ok := currency.Digits(code); ok || got != 0 {
			t.Errorf("Digits(%q) = %d, %v; want it unknown", code, got, ok)
		}
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	codes := currency.Codes()
	if !slices.IsSorted(codes) {
		t.Error("the codes are not sorted")
	}
	if len(codes) != 165 { // amendment 180: 178 codes, 13 of them without a minor unit
		t.Errorf("%d codes, want 165", len(codes))
	}
	for _, code := range codes {
		digits, _ := currency.Digits(code)
		isCode := len(code) == 3 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
		if !isCode || digits < 0 || digits > 4 {
			t.Errorf("%q with %d digits is no ISO 4217 entry", code, digits)
		}
	}
}
