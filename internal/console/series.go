package console

import (
	"encoding/json"
	"math"
	"net/http"
	"time"
)

// series are the points of the plot, in uPlot's shape: a column a line. A null
// is a gap.
type series struct {
	Seconds  []int64    `json:"seconds"` // since 1970
	Read     []*float64 `json:"read"`
	Applied  []*float64 `json:"applied"`
	Declined []*float64 `json:"declined"`
	Letters  []*float64 `json:"dead_letters"`
	Lag      []int64    `json:"lag"`
}

// maxPoints is how many points a plot has at most; more are put together.
const maxPoints = 180

func seriesOf(history []sample) series {
	var s series
	for _, r := range thinned(history) {
		s.Seconds = append(s.Seconds, r.at.Unix())
		s.Lag = append(s.Lag, r.Lag)
		for _, line := range []struct {
			to    *[]*float64
			value float64
		}{{&s.Read, r.Read}, {&s.Applied, r.Applied}, {&s.Declined, r.Declined}, {&s.Letters, r.Letter}} {
			var point *float64
			if !r.Back {
				rounded := math.Round(line.value*10) / 10
				point = &rounded
			}
			*line.to = append(*line.to, point)
		}
	}
	return s
}

// thinned are the rates between samples, of so many that a plot can show.
func thinned(history []sample) []rates {
	step := 1 + len(history)/maxPoints
	var all []rates
	for i := len(history) - 1; i >= step; i -= step {
		all = append(all, ratesBetween(history[i-step], history[i]))
	}
	for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
		all[i], all[j] = all[j], all[i]
	}
	return all
}

func (c *Console) serveSeries(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(seriesOf(c.watch.history())) // the client may have gone
}

// minute is what a row of the table beside the plot sums up.
type minute struct {
	From time.Time
	rates
}

// minutes are the last ones, the newest first, for those who don't see the plot.
func minutes(history []sample, most int) []minute {
	var all []minute
	last := len(history) - 1
	for last > 0 && len(all) < most {
		first := last - 1
		for first > 0 && history[last].at.Sub(history[first].at) < time.Minute {
			first--
		}
		all = append(all, minute{history[first].at, ratesBetween(history[first], history[last])})
		last = first
	}
	return all
}
