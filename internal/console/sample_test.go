package console

import (
	"testing"
	"time"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// seen is a look at one partition, some seconds after noon.
func seen(seconds, end int64) sample {
	return sample{at: noon.Add(time.Duration(seconds) * time.Second), ends: map[int32]int64{0: end}}
}

func TestAge(t *testing.T) {
	t.Parallel()
	history := []sample{seen(0, 100), seen(10, 100), seen(20, 200), seen(30, 200)}
	now := noon.Add(40 * time.Second)
	for _, test := range []struct {
		position int64
		want     time.Duration
		known    bool
	}{
		{50, 40 * time.Second, false},  // written before the first look
		{100, 30 * time.Second, true},  // at the earliest right after the second look
		{150, 25 * time.Second, true},  // half-way between the second and the third
		{200, 10 * time.Second, true},  // after the last look
		{1000, 10 * time.Second, true}, // ahead of all
	} {
		if got, known := age(history, 0, test.position, now); got != test.want || known != test.known {
			t.Errorf("at %d: %v %v, want %v %v", test.position, got, known, test.want, test.known)
		}
	}
	if _, known := age(nil, 0, 1, now); known {
		t.Error("the age is known without a look")
	}
	if got, known := age(history, 1, 1, now); known || got != 40*time.Second {
		t.Errorf("of another partition: %v %v", got, known)
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	before := sample{at: noon, read: 100, counts: counters{processed: 50, transfers: 40, letters: 1}}
	after := sample{at: noon.Add(10 * time.Second), read: 200, counts: counters{processed: 90, transfers: 70, letters: 11}}
	if r := ratesBetween(before, after); r.Read != 10 || r.Applied != 3 || r.Declined != 1 || r.Letter != 1 || r.Back {
		t.Errorf("%+v", r)
	}
	if r := ratesBetween(after, before); !r.Back {
		t.Errorf("time went back: %+v", r)
	}
	after.read = 50
	if r := ratesBetween(before, after); !r.Back {
		t.Errorf("positions went back: %+v", r)
	}
	after.read, after.counts = 100, counters{}
	if r := ratesBetween(before, after); r.Read != 0 || r.Applied != 0 || r.Back {
		t.Errorf("statistics were reset: %+v", r)
	}
}

func TestSeriesAreThinned(t *testing.T) {
	t.Parallel()
	var history []sample
	for i := range int64(kept) {
		history = append(history, sample{at: noon.Add(time.Duration(5*i) * time.Second), read: 50 * i})
	}
	s := seriesOf(history)
	if n := len(s.Seconds); n > maxPoints || n < maxPoints/2 || len(s.Read) != n || len(s.Lag) != n {
		t.Errorf("%d points", n)
	}
	for i, read := range s.Read {
		if read == nil || *read != 10 || i > 0 && s.Seconds[i] <= s.Seconds[i-1] {
			t.Fatalf("point %d: %v at %d", i, read, s.Seconds[i])
		}
	}
	if rows := minutes(history, 5); len(rows) != 5 || rows[0].Read != 10 || !rows[0].From.After(rows[1].From) {
		t.Errorf("minutes: %+v", rows)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		grouped("1234567.89"): "1,234,567.89", grouped("-1234.5"): "−1,234.5", grouped("123"): "123",
		duration(59 * time.Second): "59 s", duration(90 * time.Second): "1 min 30 s",
		duration(3 * time.Hour): "3 h 0 min", duration(50 * time.Hour): "2 days 2 h",
		rate(0): "0", rate(0.25): "0.2", rate(1234.6): "1,235",
		quoted("plain_1.x"): "plain_1.x", quoted("a'b c"): `'a'\''b c'`,
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
