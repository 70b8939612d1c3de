package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Latencies are those at several rates.
type Latencies struct {
	Rates []LatencyRate `json:"rates"`
}

// LatencyRate is how long commands took at one rate: medians of the runs'
// percentiles, and the longest of all.
type LatencyRate struct {
	PerSecond float64 `json:"per_second"`
	// Share is the rate's of end_to_end; null for one that was set.
	Share *float64 `json:"share_of_end_to_end"`
	LatencySample
	Runs []LatencySample `json:"runs"`
}

// LatencySample is one run. Both end when a commit is seen in Postgres.
type LatencySample struct {
	// Acknowledged begins when the broker acknowledged the record.
	Acknowledged Percentiles `json:"from_acknowledged"`
	// Scheduled begins when the record was to be sent.
	Scheduled Percentiles `json:"from_scheduled"`
}

// Percentiles are in seconds, and exact: no histogram is between.
type Percentiles struct {
	P50  float64 `json:"p50_seconds"`
	P99  float64 `json:"p99_seconds"`
	P999 float64 `json:"p99_9_seconds"`
	Max  float64 `json:"max_seconds"`
}

const (
	// steadyRate is a moderate number of payments a second.
	steadyRate = 1000
	// halfLoad is the share of what a worker can do that leaves it in peace.
	halfLoad = 0.5
	// warmUpShare of a run is not counted: connections and plans are new.
	warmUpShare = 0.1
)

// measureLatency holds each rate as often as there are runs.
func (b *bench) measureLatency(ctx context.Context, report *Report) error {
	if !b.cfg.has(partLatency) {
		return nil
	}
	share := halfLoad
	rates := []LatencyRate{
		{PerSecond: steadyRate},
		{PerSecond: report.EndToEnd.PaymentsPerSecond * share, Share: &share},
	}
	for round := range b.cfg.Runs {
		b.inRound(round)
		for i := range rates {
			rate := &rates[(round+i)%len(rates)]
			sample, err := b.latency(ctx, rate.PerSecond)
			if err != nil {
				return fmt.Errorf("run %d: %s at %.0f/s: %w", round+1, partLatency, rate.PerSecond, err)
			}
			rate.Runs = append(rate.Runs, sample)
		}
	}
	for i := range rates {
		rates[i].summarize()
	}
	report.Latency = &Latencies{Rates: rates}
	return nil
}

// latency holds one rate with a worker that has nothing else to do.
func (b *bench) latency(ctx context.Context, rate float64) (sample LatencySample, err error) {
	b.say("%s at %.0f/s", partLatency, rate)
	count := max(1, int(rate*b.cfg.LatencyDuration.Seconds()*(1+warmUpShare)))
	w := newWorkload(&b.cfg, shape{}, count, b.cfg.Seed)
	s, err := b.openSteady(ctx, partLatency, w, rate)
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	if err != nil {
		return sample, err
	}
	if _, err := s.crew.start(); err != nil {
		return sample, err
	}
	if err := s.awaitOwners(ctx, 1); err != nil {
		return sample, err
	}
	s.pacer.sent = func(n int) { b.done(int64(n), int64(count)) }
	if err := s.pacer.run(ctx, context.Background()); err != nil {
		return sample, err
	}
	if err := s.finish(ctx, partLatency); err != nil {
		return sample, err
	}
	return s.sample(int(float64(count) * warmUpShare))
}

// sample leaves out the first records.
func (s *steady) sample(warmUp int) (LatencySample, error) {
	records := s.pacer.records[min(warmUp, len(s.pacer.records)-1):]
	acknowledged := make([]time.Duration, len(records))
	scheduled := make([]time.Duration, len(records))
	for i := range records {
		r := &records[i]
		seen := s.watcher.seenAt(r.partition, r.offset)
		if seen.IsZero() {
			return LatencySample{}, fmt.Errorf("offset %d of partition %d was not seen to be committed", r.offset, r.partition)
		}
		// It may be committed before the acknowledgement has arrived here.
		acknowledged[i] = max(0, seen.Sub(r.acknowledged))
		scheduled[i] = seen.Sub(r.scheduled)
	}
	return LatencySample{percentiles(acknowledged), percentiles(scheduled)}, nil
}

// percentiles sorts the values.
func percentiles(values []time.Duration) Percentiles {
	slices.Sort(values)
	return Percentiles{
		P50: percentile(values, 50).Seconds(), P99: percentile(values, 99).Seconds(),
		P999: percentile(values, 99.9).Seconds(), Max: values[len(values)-1].Seconds(),
	}
}

func (r *LatencyRate) summarize() {
	r.Acknowledged = medians(each(r.Runs, func(s *LatencySample) Percentiles { return s.Acknowledged }))
	r.Scheduled = medians(each(r.Runs, func(s *LatencySample) Percentiles { return s.Scheduled }))
}

// medians has the longest of all as Max.
func medians(all []Percentiles) Percentiles {
	return Percentiles{
		P50:  median(each(all, func(p *Percentiles) float64 { return p.P50 })),
		P99:  median(each(all, func(p *Percentiles) float64 { return p.P99 })),
		P999: median(each(all, func(p *Percentiles) float64 { return p.P999 })),
		Max:  slices.Max(each(all, func(p *Percentiles) float64 { return p.Max })),
	}
}
