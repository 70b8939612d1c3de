package metrics

import (
	"context"
	"log/slog"
	"net/http"
	"runtime"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"deductor/consumer"
)

// Config says whose metrics they are.
type Config struct {
	// Group and Topic are labels of most metrics.
	Group, Topic string
	// Version is the program's.
	Version string
	// Pool is the worker's. Run reads the books through it.
	Pool *pgxpool.Pool
	// Logger is told when the books can't be read.
	Logger *slog.Logger
}

// Metrics are those of one worker.
type Metrics struct {
	registry *prometheus.Registry
	worker   prometheus.Registerer // adds group and topic
	events   *events
	books    *books
}

// New returns metrics of which all that may be counted is 0.
func New(config Config) *Metrics {
	registry := prometheus.NewRegistry()
	m := &Metrics{
		registry: registry,
		worker: prometheus.WrapRegistererWith(
			prometheus.Labels{"group": config.Group, "topic": config.Topic}, registry),
		events: newEvents(),
		books:  &books{pool: config.Pool, log: config.Logger},
	}
	m.worker.MustRegister(m.events.all...)
	m.worker.MustRegister(m.books)
	registry.MustRegister(&connections{config.Pool, config.Version},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Observer is what the worker's Config takes.
func (m *Metrics) Observer() consumer.Observer { return m.events }

// Watch adds what the worker is doing, and whether it is ready. It is called
// once, before the first scrape.
func (m *Metrics) Watch(worker func() consumer.State, checks func() []consumer.Check) {
	m.worker.MustRegister(&state{
		worker: worker, checks: checks, owns: func(partition int32) { m.events.rewoundOf(partition) },
	})
}

// Run reads what only the database knows, until ctx ends. It is to be called
// once the database was found to have this program's schema.
func (m *Metrics) Run(ctx context.Context) { m.books.run(ctx) }

// Handler answers a scrape.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// connections tells of the pool, and of the build.
type connections struct {
	pool    *pgxpool.Pool
	version string
}

// Describe implements [prometheus.Collector].
func (c *connections) Describe(descs chan<- *prometheus.Desc) {
	descs <- pool.desc
	descs <- build.desc
}

// Collect implements [prometheus.Collector].
func (c *connections) Collect(metrics chan<- prometheus.Metric) {
	stats := c.pool.Stat()
	metrics <- pool.gauge(float64(stats.AcquiredConns()), "acquired")
	metrics <- pool.gauge(float64(stats.IdleConns()), "idle")
	metrics <- pool.gauge(float64(stats.MaxConns()), "max")
	metrics <- build.gauge(1, c.version, runtime.Version())
}
