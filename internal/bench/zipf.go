package bench

import (
	"math/rand/v2"
	"slices"
)

// zipfian draws the numbers from 0 with the probabilities of Zipf's law and the
// exponent 1: the k-th comes 1/k as often as the first. (The generators of
// math/rand take exponents above 1 only.)
type zipfian struct {
	sums []float64 // of the weights up to each number
}

func newZipf(n int) *zipfian {
	z := &zipfian{sums: make([]float64, n)}
	var sum float64
	for i := range z.sums {
		sum += 1 / float64(i+1)
		z.sums[i] = sum
	}
	return z
}

func (z *zipfian) draw(rng *rand.Rand) int {
	at, _ := slices.BinarySearch(z.sums, rng.Float64()*z.sums[len(z.sums)-1])
	return min(at, len(z.sums)-1)
}
