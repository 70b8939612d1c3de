package bench

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{4, 1}, 2.5}, {[]float64{9, 1, 2}, 2}, {[]float64{8, 1, 2, 4}, 3}} {
		given := slices.Clone(c.values)
		if got := median(c.values); got != c.want || !slices.Equal(given, c.values) {
			t.Errorf("median of %v is %v, want %v; it left %v", given, got, c.want, c.values)
		}
	}
}

func TestMedianLeavesOutWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	one, three := 1.0, 3.0
	if got := medianKnown([]*float64{nil, &three, nil, &one}); got == nil || *got != 2 {
		t.Errorf("got %v, want 2", got)
	}
	if got := medianKnown([]*float64{nil, nil}); got != nil {
		t.Errorf("got %v of nothing known", *got)
	}
}

func TestPercentileIsTheNearestRank(t *testing.T) {
	t.Parallel()
	thousand := make([]int, 1000)
	for i := range thousand {
		thousand[i] = i + 1
	}
	for _, c := range []struct {
		values  []int
		percent float64
		want    int
	}{
		{thousand, 50, 500}, {thousand, 99, 990}, {thousand, 99.9, 999}, {thousand, 100, 1000}, {thousand, 0, 1},
		{[]int{7}, 50, 7}, {[]int{7}, 99.9, 7}, {[]int{1, 2, 3}, 50, 2}, {[]int{1, 2, 3}, 99, 3},
	} {
		if got := percentile(c.values, c.percent); got != c.want {
			t.Errorf("the %v. percentile of %d values is %d, want %d", c.percent, len(c.values), got, c.want)
		}
	}
}

func TestPercentileIsExceededByNoMoreThanItSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.IntRange(0, 50), 1, 300).Draw(t, "values")
		percent := rapid.SampledFrom([]float64{50, 90, 99, 99.9}).Draw(t, "percent")
		slices.Sort(values)
		got := percentile(values, percent)
		atMost, below := 0, 0
		for _, value := range values {
			if value <= got {
				atMost++
			}
			if value < got {
				below++
			}
		}
		need := percent / 100 * float64(len(values))
		if float64(atMost) < need-1e-9 || float64(below) >= need+1e-9 {
			t.Fatalf("%d of %d values are at most %d, %d below it", atMost, len(values), got, below)
		}
	})
}

func TestSummaryHasMedianAndSpread(t *testing.T) {
	t.Parallel()
	memory := 5.0
	got := summarize([]Sample{
		newRun(100, 2, Cost{}), newRun(100, 0.5, Cost{PeakMemory: &memory}), newRun(100, 1, Cost{}),
	})
	if got.PaymentsPerSecond != 100 || got.Least != 50 || got.Most != 200 || *got.PeakMemory != 5 || got.WorkerCPU != nil {
		t.Errorf("summary %+v", got)
	}
	if summarize(nil) != nil {
		t.Error("a summary of nothing")
	}
}
