package dedupe_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"deductor/dedupe"
)

// Fingerprints are stored: another value for the same fields would make every
// order of the past a conflict. These were computed by Python's hashlib.
func TestFingerprintIsStable(t *testing.T) {
	t.Parallel()
	for want, fields := range map[string][]string{
		"cb1cdff5349333e1023d7878e72db893": {"alice", "settlement:USD", "1234", "USD"},
		"e3b0c44298fc1c149afbf4c8996fb924": {},
		"6e340b9cffb37a989ca544e6bb780a2c": {""},
		"46706d641b005064a56c5ca8dd6bf24b": {strings.Repeat("é", 200)}, // longer than its buffer
	} {
		found := dedupe.FingerprintOf(fields...)
		if got := hex.EncodeToString(found[:]); got != want {
			t.Errorf("fingerprint of %q is %s, want %s", fields, got, want)
		}
	}
}

// Fields that run together would let "12" + "3 USD" pass for "1" + "23 USD".
func TestFieldsDoNotRunTogether(t *testing.T) {
	t.Parallel()
	seen := make(map[dedupe.Fingerprint][]string)
	for _, fields := range [][]string{
		{"ab"}, {"a", "b"}, {"", "ab"}, {"ab", ""}, {"a", "", "b"}, {"b", "a"}, {"ba"},
		{"\x01a"}, {"a\x01b"}, {"\x01a\x01b"}, {}, {""}, {"", ""},
	} {
		found := dedupe.FingerprintOf(fields...)
		if other, twice := seen[found]; twice {
			t.Errorf("%q and %q have one fingerprint", fields, other)
		}
		seen[found] = fields
	}
	rapid.Check(t, func(rt *rapid.T) {
		one := rapid.SliceOf(rapid.StringN(0, 3, 4)).Draw(rt, "one")
		joined := strings.Join(one, "")
		cut := rapid.IntRange(0, len(joined)).Draw(rt, "cut")
		other := []string{joined[:cut], joined[cut:]}
		same := len(one) == 2 && one[0] == other[0]
		if (dedupe.FingerprintOf(one...) == dedupe.FingerprintOf(other...)) != same {
			rt.Errorf("%q and %q: one fingerprint is %t, want %t", one, other, !same, same)
		}
	})
}
