package replay

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// zoneless are ways to write a time that say nothing of its zone.
var zoneless = []string{
	"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02",
}

// ParseTime reads a time of RFC 3339. One without a zone is not guessed at: the
// error shows what it may mean.
func ParseTime(text string, local *time.Location) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC(), nil
	}
	for _, layout := range zoneless {
		inUTC, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		here, _ := time.ParseInLocation(layout, text, local)
		return time.Time{}, fmt.Errorf("%q has no zone: write %s if it is UTC, or %s if it is this machine's time (%s)",
			text, inUTC.Format(time.RFC3339Nano), here.Format("2006-01-02T15:04:05.999999999-07:00"), here.Format("MST"))
	}
	return time.Time{}, fmt.Errorf("%q is no time: write it as 2026-01-31T13:00:00Z or 2026-01-31T14:00:00+01:00", text)
}

// isoDuration is what kafka-consumer-groups takes: PnDTnHnMnS.
var isoDuration = regexp.MustCompile(`^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$`)

// ParseDuration reads a time span as ISO 8601 has it (P1DT2H30M, PT5M), or as
// 26h30m.
func ParseDuration(text string) (time.Duration, error) {
	wrong := fmt.Errorf("%q is no time span above zero: write it as PT5M, P1DT2H30M or 26h30m", text)
	if plain, err := time.ParseDuration(text); err == nil {
		if plain <= 0 {
			return 0, wrong
		}
		return plain, nil
	}
	parts := isoDuration.FindStringSubmatch(text)
	if parts == nil {
		return 0, wrong
	}
	var seconds float64
	for i, unit := range []float64{24 * 3600, 3600, 60, 1} {
		if parts[i+1] == "" {
			continue
		}
		n, err := strconv.ParseFloat(parts[i+1], 64)
		if err != nil {
			return 0, wrong
		}
		seconds += n * unit
	}
	if seconds <= 0 || seconds > 100*365*24*3600 {
		return 0, wrong
	}
	return time.Duration(seconds * float64(time.Second)), nil
}
