package consumer

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"deductor/consumer/settle"
)

// maxLinks bounds the links of a span, as OpenTelemetry's SDK does by default.
const maxLinks = 128

// tracing makes a span of each batch of a lane, by the semantic conventions for
// messaging, with links to those who sent its records. A nil one makes none: the
// cost is a branch a batch. It belongs to the lane's goroutine.
type tracing struct {
	tracer   trace.Tracer
	name     string
	shared   []attribute.KeyValue
	observer settle.Observer

	batch context.Context //nolint:containedctx // of the span; it ends with the batch, not with a call
	span  trace.Span
	state string // the last SQLSTATE that the batch met
}

func newTracing(c Config) *tracing {
	if c.Tracer == nil {
		return nil
	}
	return &tracing{tracer: c.Tracer, observer: c.Observer, name: "process " + c.Topic, shared: []attribute.KeyValue{
		attribute.String("messaging.system", "kafka"),
		attribute.String("messaging.operation.name", "process"),
		attribute.String("messaging.operation.type", "process"),
		attribute.String("messaging.destination.name", c.Topic),
		attribute.String("messaging.consumer.group.name", c.Group),
		attribute.String("messaging.client.id", c.Owner),
	}}
}

// observing returns the Observer of the lane's settler.
func (t *tracing) observing(c Config) settle.Observer {
	if t == nil {
		return c.Observer
	}
	return t
}

// begin begins a batch's span.
func (t *tracing) begin(portions []portion) {
	if t == nil {
		return
	}
	attributes, records := t.shared, 0
	for i := range portions {
		records += len(portions[i].records)
	}
	attributes = append(attributes[:len(attributes):len(attributes)],
		attribute.Int("messaging.batch.message_count", records))
	if len(portions) == 1 {
		attributes = append(attributes, attribute.String("messaging.destination.partition.id",
			strconv.Itoa(int(portions[0].partition.key.Partition))))
	}
	t.batch, t.span = t.tracer.Start(context.Background(), t.name, trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithAttributes(attributes...), trace.WithLinks(linksOf(portions)...))
	t.state = ""
}

// linksOf links to each span that sent a record, once.
func linksOf(portions []portion) []trace.Link {
	var links []trace.Link
	seen := make(map[trace.SpanID]bool)
	for i := range portions {
		for _, record := range portions[i].records {
			if len(record.Headers) == 0 {
				continue
			}
			sender := trace.SpanContextFromContext(
				propagation.TraceContext{}.Extract(context.Background(), headers(record.Headers)))
			if !sender.IsValid() || seen[sender.SpanID()] {
				continue
			}
			seen[sender.SpanID()] = true
			if links = append(links, trace.Link{SpanContext: sender}); len(links) == maxLinks {
				return links
			}
		}
	}
	return links
}

// end ends the batch's span, with what it failed with.
func (t *tracing) end(err error) {
	if t == nil {
		return
	}
	if err != nil {
		t.span.SetStatus(codes.Error, err.Error())
		t.span.SetAttributes(attribute.String("error.type", t.failure(err)))
		if t.state != "" && t.state != settle.NoState {
			t.span.SetAttributes(attribute.String("db.response.status_code", t.state))
		}
	}
	t.span.End()
}

// failure is what kind of failure it is: the partition was lost, or what the
// batch was given up over.
func (t *tracing) failure(err error) string {
	var fenced *settle.FenceError
	switch {
	case errors.As(err, &fenced):
		return "fenced"
	case t.state != "":
		return t.state
	}
	return "abandoned"
}

// Committed implements [settle.Observer]: each phase becomes a span.
func (t *tracing) Committed(report *settle.Report) {
	for kind, n := range report.Counts {
		t.span.SetAttributes(attribute.Int64("deductor.commands."+settle.Kind(kind).String(), n))
	}
	at := report.Began
	for phase, took := range report.Phases {
		t.phase(settle.Phase(phase), at, at.Add(took))
		at = at.Add(took)
	}
	t.observer.Committed(report)
}

func (t *tracing) phase(phase settle.Phase, from, to time.Time) {
	options := []trace.SpanStartOption{trace.WithTimestamp(from)}
	if phase != settle.Deciding {
		options = append(options, trace.WithSpanKind(trace.SpanKindClient),
			trace.WithAttributes(attribute.String("db.system.name", "postgresql")))
	}
	_, span := t.tracer.Start(t.batch, phase.String(), options...)
	span.End(trace.WithTimestamp(to))
}

// Retried implements [settle.Observer].
func (t *tracing) Retried(state string) {
	t.state = state
	t.span.AddEvent("retried", trace.WithAttributes(attribute.String("db.response.status_code", state)))
	t.observer.Retried(state)
}

// CommitUnknown implements [settle.Observer].
func (t *tracing) CommitUnknown() {
	t.span.AddEvent("commit unknown")
	t.observer.CommitUnknown()
}

// headers are a record's, to be read only ([propagation.TextMapCarrier]).
type headers []kgo.RecordHeader

// Get returns the first value under a name.
func (h headers) Get(name string) string {
	for i := range h {
		if h[i].Key == name {
			return string(h[i].Value)
		}
	}
	return ""
}

// Keys and Set are not asked for when a context is read.
func (h headers) Keys() []string { return nil }

// Set does nothing.
func (h headers) Set(string, string) {}
