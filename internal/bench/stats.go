package bench

import (
	"cmp"
	"math"
	"slices"
)

// median is the middle one, or the mean of the two in the middle; 0 of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// medianKnown is the median of those that are known; nil of none.
func medianKnown(values []*float64) *float64 {
	var known []float64
	for _, value := range values {
		if value != nil {
			known = append(known, *value)
		}
	}
	if known == nil {
		return nil
	}
	m := median(known)
	return &m
}

// percentile is the least of the sorted values that so many percent of them do
// not exceed (the nearest rank): one that was measured, nothing in between.
func percentile[T cmp.Ordered](sorted []T, percent float64) T {
	// The product of, say, 99.9 and a thousand is a little above the whole number.
	const whole = 1e-9
	rank := int(math.Ceil(percent/100*float64(len(sorted)) - whole))
	return sorted[min(max(rank, 1), len(sorted))-1]
}
