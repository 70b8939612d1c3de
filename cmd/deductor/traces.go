package main

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"go.opentelemetry.io/otel/propagation"

	"deductor/internal/tracing"
)

// startTraces sends spans to where OpenTelemetry's variables say. They are the
// process's own, as the SDK reads them: no settings of deductor.
func startTraces(ctx context.Context, instance string, log *slog.Logger) (*tracing.Tracing, error) {
	traces, err := tracing.Start(ctx, tracing.Config{
		Version: version(), Instance: instance, Lookup: os.LookupEnv, Logger: log})
	var invalid *tracing.InvalidError
	if errors.As(err, &invalid) {
		return nil, usage(err)
	}
	return traces, err
}

// withParent is ctx under the span that TRACEPARENT names, as those who start a
// command may have set it.
func withParent(ctx context.Context) context.Context {
	carrier := propagation.MapCarrier{
		"traceparent": os.Getenv("TRACEPARENT"), "tracestate": os.Getenv("TRACESTATE")}
	return propagation.TraceContext{}.Extract(ctx, carrier)
}
