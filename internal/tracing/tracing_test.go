package tracing

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { value, ok := env[name]; return value, ok }
}

func TestTracesOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		env    map[string]string
		wanted bool
		wrong  string
	}{
		{nil, false, ""},
		{map[string]string{"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, false, ""},
		{map[string]string{"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "otlp"}, false, ""},
		{map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, true, ""},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, true, ""},
		{map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, true, ""},
		{map[string]string{"OTEL_TRACES_EXPORTER": "zipkin"}, false, "OTEL_TRACES_EXPORTER"},
		{map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, false,
			"OTEL_EXPORTER_OTLP_PROTOCOL"},
	} {
		wanted, err := Wanted(lookup(test.env))
		var wrong *InvalidError
		switch {
		case wanted != test.wanted, (test.wrong != "") != errors.As(err, &wrong):
			t.Errorf("%v: %t, %v", test.env, wanted, err)
		case wrong != nil && wrong.Variable != test.wrong:
			t.Errorf("%v: %v", test.env, err)
		}
	}
}

func TestNothingIsDoneWhenItIsOff(t *testing.T) {
	t.Parallel()
	off, err := Start(t.Context(), Config{Lookup: lookup(nil)})
	if err != nil || off != nil || off.Tracer() != nil {
		t.Errorf("without being asked for there is %v, %v", off, err)
	}
	off.Stop()
}

func TestSpansReachTheCollector(t *testing.T) {
	var got atomic.Pointer[[]byte]
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		body = append([]byte(r.URL.Path+" "), body...)
		got.Store(&body)
	}))
	t.Cleanup(collector.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	on, err := Start(t.Context(), Config{
		Version: "v7", Instance: "worker-9", Logger: slog.New(slog.DiscardHandler),
		Lookup: lookup(map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL}),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, span := on.Tracer().Start(t.Context(), "process payments")
	span.End()
	on.Stop()
	sent := got.Load()
	for _, part := range []string{"/v1/traces ", "process payments", "worker-9", "v7"} {
		if sent == nil || !bytes.Contains(*sent, []byte(part)) {
			t.Errorf("what was sent lacks %q", part)
		}
	}
}

// switched is an exporter that fails while err is set.
type switched struct{ err error }

func (s *switched) ExportSpans(context.Context, []sdk.ReadOnlySpan) error { return s.err }
func (s *switched) Shutdown(context.Context) error                        { return nil }

func TestTroubleIsToldOnceAndItsEnd(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	exporter := &switched{}
	telling := &telling{SpanExporter: exporter, log: slog.New(slog.NewTextHandler(&said, nil))}
	for _, err := range []error{nil, errors.New("refused"), errors.New("refused"), nil, nil} {
		exporter.err = err
		if err := telling.ExportSpans(t.Context(), nil); err != nil {
			t.Error(err)
		}
	}
	if n := strings.Count(said.String(), "\n"); n != 2 || !strings.Contains(said.String(), "sent again") {
		t.Errorf("it said\n%s", said.String())
	}
}
