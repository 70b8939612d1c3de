package metrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// definition is one metric: what Prometheus and the reference page are told.
type definition struct {
	kind   string // counter, gauge or histogram
	name   string // with the prefix deductor_
	help   string
	labels []string // beside group and topic
	global bool     // it has no group and topic
	note   string   // more about it, for the page only
	desc   *prometheus.Desc
}

// definitions are all of them, in the order of the page.
var definitions []*definition

func define(kind, name, help string, labels ...string) *definition {
	d := &definition{kind: kind, name: "deductor_" + name, help: help, labels: labels}
	d.desc = prometheus.NewDesc(d.name, d.help, d.labels, nil)
	definitions = append(definitions, d)
	return d
}

// noting adds what only the page says.
func (d *definition) noting(note string) *definition {
	d.note = note
	return d
}

// everywhere makes it one without group and topic.
func (d *definition) everywhere() *definition {
	d.global = true
	return d
}

// gauge is the metric's value now.
func (d *definition) gauge(value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d.desc, prometheus.GaugeValue, value, labels...)
}

func (d *definition) newCounter() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: d.name, Help: d.help}, d.labels)
}

func (d *definition) newHistogram(buckets ...float64) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(
		prometheus.HistogramOpts{Name: d.name, Help: d.help, Buckets: buckets}, d.labels)
}

// column is how the page shows the labels.
func (d *definition) column() string {
	names := d.labels
	if !d.global {
		names = append([]string{"group", "topic"}, d.labels...)
	}
	return "`" + strings.Join(names, "`, `") + "`"
}
