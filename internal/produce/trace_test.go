package produce

import (
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"deductor/internal/kafkatest"
)

// Messages name the span that sent them, and carry no header when nobody asked
// for spans.
func TestTraceparent(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewInMemoryExporter()
	tracer := sdk.NewTracerProvider(sdk.WithSyncer(spans)).Tracer("test")
	for _, tracer := range []trace.Tracer{nil, tracer} {
		got := sendOne(t, kafkatest.New(t, 1), tracer)
		if tracer == nil {
			if len(got.Headers) != 0 {
				t.Errorf("without a tracer there are headers: %v", got.Headers)
			}
			continue
		}
		sent := spans.GetSpans()
		if len(sent) != 1 || sent[0].Name != "send payments" || sent[0].SpanKind != trace.SpanKindProducer {
			t.Fatalf("spans: %v", sent)
		}
		want := "00-" + sent[0].SpanContext.TraceID().String() + "-" + sent[0].SpanContext.SpanID().String() + "-01"
		if len(got.Headers) != 1 || got.Headers[0].Key != "traceparent" || string(got.Headers[0].Value) != want {
			t.Errorf("headers %v, want traceparent %s", got.Headers, want)
		}
	}
}

// sendOne sends a message and reads it back.
func sendOne(t *testing.T, on *kafkatest.Kafka, tracer trace.Tracer) *kgo.Record {
	t.Helper()
	transport := &kafka.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	sender := NewSender(on.Brokers, on.Topic, transport, nil)
	sender.Trace(tracer)
	if err := sender.Send(t.Context(), Message{OrderID: "o-1", Value: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	if err := sender.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := sender.Close(); err != nil {
		t.Fatal(err)
	}
	client := on.Client(t, kgo.ConsumeTopics(on.Topic))
	fetched := client.PollFetches(t.Context())
	if err := fetched.Err(); err != nil {
		t.Fatal(err)
	}
	return fetched.Records()[0]
}
