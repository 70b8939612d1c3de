package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// unknownKey is the error of a key that no setting has.
func unknownKey(known *pflag.FlagSet, key string) error {
	return unknown(printableKey(key), nearest(settingNames(known), key))
}

// unknown is the error of a name that no setting has: of it what may be told, and
// what was probably meant, each "" for nothing.
func unknown(told, near string) error {
	text := "a name that no setting has"
	if told != "" {
		text = fmt.Sprintf("%s is no setting", told)
	}
	if near != "" {
		return fmt.Errorf("%s: did you mean %s?", text, near)
	}
	return errors.New(text + ": docs/reference/config.md and config schema have them all")
}

// nearest returns the setting that was probably meant by a key or a variable; ""
// when none is near.
func nearest(names []string, key string) string {
	wanted := strings.ToLower(strings.NewReplacer("_", "-", ".", "-").Replace(key))
	wanted = strings.TrimPrefix(wanted, "deductor-")
	best, least := "", 1+max(2, len(wanted)/4)
	if len(wanted) > 64 {
		return ""
	}
	for _, name := range names {
		if d := distance(wanted, name); d < least {
			best, least = name, d
		}
	}
	return best
}

// distance is how many letters have to be put in, taken out or changed to make b
// of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
