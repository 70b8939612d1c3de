// Package tracing sends spans to an OpenTelemetry collector, by OTLP over HTTP,
// when OpenTelemetry's own environment variables ask for it.
package tracing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Config says who is traced.
type Config struct {
	// Version and Instance are the program's.
	Version, Instance string
	// Lookup reads the environment. The SDK itself reads the process's.
	Lookup func(name string) (string, bool)
	// Logger is told when spans can't be sent, and when they can again.
	Logger *slog.Logger
}

// Tracing is spans on their way to a collector.
type Tracing struct {
	provider *sdk.TracerProvider
}

// InvalidError says that a variable asks for what there is not.
type InvalidError struct {
	// Variable and Value are what was given, Want what can be.
	Variable, Value, Want string
}

// Error names all three.
func (e *InvalidError) Error() string {
	return fmt.Sprintf("%s is %q: it can be %s", e.Variable, e.Value, e.Want)
}

// Wanted tells whether the environment asks for spans: OTEL_TRACES_EXPORTER is
// otlp, or it is not there and an endpoint is. The error is an [*InvalidError].
func Wanted(lookup func(string) (string, bool)) (bool, error) {
	get := func(name string) string { value, _ := lookup(name); return value }
	if get("OTEL_SDK_DISABLED") == "true" {
		return false, nil
	}
	switch exporter := get("OTEL_TRACES_EXPORTER"); {
	case exporter == "none":
		return false, nil
	case exporter == "" && get("OTEL_EXPORTER_OTLP_ENDPOINT")+get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "":
		return false, nil
	case exporter != "" && exporter != "otlp":
		return false, &InvalidError{"OTEL_TRACES_EXPORTER", exporter, "otlp or none"}
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		if protocol := get(name); protocol != "" && protocol != "http/protobuf" {
			return false, &InvalidError{name, protocol, "http/protobuf (a collector takes it at port 4318)"}
		}
	}
	return true, nil
}

// Start begins to send spans if the environment asks for it; if not, the Tracing
// is nil, and its methods do nothing.
func Start(ctx context.Context, config Config) (*Tracing, error) {
	wanted, err := Wanted(config.Lookup)
	if err != nil || !wanted {
		return nil, err
	}
	// It says nothing until the first spans are sent, whatever is at the endpoint.
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("send spans: %w", err)
	}
	attributes := []attribute.KeyValue{
		attribute.String("service.name", "deductor"), attribute.String("service.version", config.Version)}
	if config.Instance != "" {
		attributes = append(attributes, attribute.String("service.instance.id", config.Instance))
	}
	described, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(attributes...),
		resource.WithFromEnv()) // the environment has the last word
	if err != nil {
		return nil, fmt.Errorf("send spans: OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	telling := &telling{SpanExporter: exporter, log: config.Logger}
	return &Tracing{sdk.NewTracerProvider(sdk.WithBatcher(telling), sdk.WithResource(described))}, nil
}

// Tracer makes spans; nil when tracing is off.
func (t *Tracing) Tracer() trace.Tracer {
	if t == nil {
		return nil
	}
	return t.provider.Tracer("deductor")
}

// stopTimeout is how long the last spans may take to be sent.
const stopTimeout = 3 * time.Second

// Stop sends what is left, for as long as that may take.
func (t *Tracing) Stop() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	_ = t.provider.Shutdown(ctx) // it was told by the exporter
}

// telling tells once that spans can't be sent, and once that they can again. It
// belongs to the SDK's goroutine, but for the end.
type telling struct {
	sdk.SpanExporter
	log     *slog.Logger
	failing bool
}

// ExportSpans implements [sdk.SpanExporter].
func (t *telling) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := t.SpanExporter.ExportSpans(ctx, spans)
	switch {
	case errors.Is(err, context.Canceled):
	case err != nil && !t.failing:
		t.failing = true
		t.log.Warn("traces: spans can't be sent, and are lost", "error", err)
	case err == nil && t.failing:
		t.failing = false
		t.log.Info("traces: spans are sent again")
	}
	return nil // it was told here
}
