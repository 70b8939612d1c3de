package metrics

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"deductor/consumer"
)

// state tells what the worker is doing when it is asked.
type state struct {
	worker func() consumer.State
	checks func() []consumer.Check
	// owns is called with each partition that the worker has.
	owns func(partition int32)
}

// Describe implements [prometheus.Collector].
func (s *state) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range []*definition{
		ready, up, assigned, halted, lagRecords, lagSeconds, stalled, position, followed, logEnd,
	} {
		descs <- d.desc
	}
}

// Collect implements [prometheus.Collector].
func (s *state) Collect(metrics chan<- prometheus.Metric) {
	metrics <- ready.gauge(s.ready())
	now := s.worker()
	metrics <- up.gauge(oneIf(now.DatabaseUp))
	metrics <- assigned.gauge(float64(len(now.Partitions)))
	for i := range now.Partitions {
		s.owns(now.Partitions[i].Partition)
		collectPartition(metrics, &now.Partitions[i])
	}
}

func (s *state) ready() float64 {
	for _, check := range s.checks() {
		if check.Err != nil {
			return 0
		}
	}
	return 1
}

func oneIf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func collectPartition(metrics chan<- prometheus.Metric, p *consumer.PartitionState) {
	partition := strconv.Itoa(int(p.Partition))
	if p.Halt != nil {
		metrics <- halted.gauge(1, partition, p.Halt.Reason)
	}
	metrics <- stalled.gauge(p.Stalled.Seconds(), partition)
	if p.Lag >= 0 {
		metrics <- lagRecords.gauge(float64(p.Lag), partition)
		metrics <- lagSeconds.gauge(p.Behind.Seconds(), partition)
	}
	for _, offset := range []struct {
		of *definition
		at int64
	}{{position, p.Position}, {followed, p.Committed}, {logEnd, p.End}} {
		if offset.at >= 0 {
			metrics <- offset.of.gauge(float64(offset.at), partition)
		}
	}
}
