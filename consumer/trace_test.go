package consumer

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// traced is a worker's Config with a tracer whose spans are kept.
func traced(t *testing.T) (*tracetest.InMemoryExporter, func(*Config)) {
	t.Helper()
	spans := tracetest.NewInMemoryExporter()
	provider := sdk.NewTracerProvider(sdk.WithSyncer(spans))
	t.Cleanup(func() { _ = provider.Shutdown(context.Background()) })
	return spans, func(c *Config) { c.Tracer, c.DrainTimeout = provider.Tracer("deductor"), 50*time.Millisecond }
}

func attributesOf(span tracetest.SpanStub) map[attribute.Key]string {
	values := make(map[attribute.Key]string)
	for _, a := range span.Attributes {
		values[a.Key] = a.Value.String()
	}
	return values
}

// A batch is one span, which links to the spans that sent its records, each once
// and not too many; what it did in the database are its children.
func TestBatchIsASpanWithLinks(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1)
	records := []*kgo.Record{{Value: []byte(order("o-0", "acct-0"))}, {Value: []byte("?"), Headers: []kgo.RecordHeader{
		{Key: "traceparent", Value: []byte("00-nonsense")}}}}
	for i := range maxLinks + 10 {
		parent := fmt.Sprintf("00-4bf92f3577b34da6a3ce929d0e0e4736-%016x-01", i/2+1)
		records = append(records, &kgo.Record{Value: []byte(order(fmt.Sprintf("o-%d", i+1), "acct-0")),
			Headers: []kgo.RecordHeader{{Key: "traceparent", Value: []byte(parent)}}})
	}
	b.kafka.ProduceRecords(t, records...)
	spans, on := traced(t)
	stop := start(t, b.worker(t, "worker-1", on))
	b.awaitSettled(t)
	stop()
	got := spans.GetSpans()
	if len(got) != 4 {
		t.Fatalf("%d spans, want one of the batch and three of its phases: %v", len(got), got)
	}
	batch := got[3]
	want := map[attribute.Key]string{
		"messaging.system": "kafka", "messaging.destination.name": b.kafka.Topic, "messaging.batch.message_count": "140",
		"messaging.destination.partition.id": "0", "messaging.consumer.group.name": group,
		"messaging.operation.type": "process", "deductor.commands.applied": "139", "deductor.commands.dead_lettered": "1",
	}
	has := attributesOf(batch)
	for key, value := range want {
		if has[key] != value {
			t.Errorf("%s is %q, want %q", key, has[key], value)
		}
	}
	if batch.Name != "process payments" || batch.SpanKind != trace.SpanKindConsumer || batch.Status.Code != codes.Unset {
		t.Errorf("the span is %s, %s, %v", batch.Name, batch.SpanKind, batch.Status)
	}
	if len(batch.Links) != (maxLinks+10)/2 || batch.Links[0].SpanContext.SpanID().String() != "0000000000000001" {
		t.Errorf("%d links, want %d: each sender once", len(batch.Links), (maxLinks+10)/2)
	}
	for i, name := range []string{"read", "decide", "write"} {
		if got[i].Name != name || got[i].Parent.SpanID() != batch.SpanContext.SpanID() ||
			got[i].StartTime.Before(batch.StartTime) || got[i].EndTime.After(batch.EndTime) {
			t.Errorf("child %d is %s from %v to %v", i, got[i].Name, got[i].StartTime, got[i].EndTime)
		}
	}
}

func TestLinksAreBounded(t *testing.T) {
	t.Parallel()
	var all portion
	for i := range 2 * maxLinks {
		all.records = append(all.records, &kgo.Record{Headers: []kgo.RecordHeader{{Key: "traceparent",
			Value: fmt.Appendf(nil, "00-4bf92f3577b34da6a3ce929d0e0e4736-%016x-01", i+1)}}})
	}
	if n := len(linksOf([]portion{all})); n != maxLinks {
		t.Errorf("%d links, want %d", n, maxLinks)
	}
}

// A batch that is given up is a span with an error, and the SQLSTATE that it
// failed with.
func TestSpanOfABatchThatFails(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1)
	b.kafka.Produce(t, 0, order("order-1", "acct-0"))
	if _, err := b.db.Pool.Exec(t.Context(), "ALTER TABLE account RENAME TO away"); err != nil {
		t.Fatal(err)
	}
	spans, on := traced(t)
	w := b.worker(t, "worker-1", func(c *Config) { c.Lanes = 1; on(c) })
	stop := start(t, w)
	await(t, "the trouble", func() (bool, string) { return w.health.has("database, lane 0"), "none" })
	stop()
	got := spans.GetSpans()
	if len(got) == 0 {
		t.Fatal("there is no span")
	}
	last := got[len(got)-1]
	has := attributesOf(last)
	if last.Status.Code != codes.Error || has["db.response.status_code"] != "42P01" || has["error.type"] != "42P01" ||
		len(last.Events) == 0 || last.Events[0].Name != "retried" {
		t.Errorf("the span is %v, %v, events %v", last.Status, has, last.Events)
	}
}
