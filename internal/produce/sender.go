package produce

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// How messages go out: together, so that a broker is asked seldom, and in turn,
// so that an order's commands keep their order.
const (
	chunkMessages  = 20_000
	batchMessages  = 5_000
	batchBytes     = 1_000_000 // a broker's default limit is 1,048,588 (message.max.bytes)
	flushAfter     = 5 * time.Millisecond
	writerAttempts = 5
)

// Sender puts messages into a topic and waits until all in-sync replicas have
// them. It belongs to one goroutine.
type Sender struct {
	writer  *kafka.Writer
	pending []kafka.Message
	sources []string
	sent    func(n int64)
	tracer  trace.Tracer // nil when nobody asked for spans
	// Sent and Failed count the messages.
	Sent, Failed int64
	// Err is why the first failed.
	Err error
}

// NewSender returns a sender to the topic. The callback is told about messages
// that arrived; nil for none.
func NewSender(brokers []string, topic string, transport *kafka.Transport, sent func(n int64)) *Sender {
	if sent == nil {
		sent = func(int64) {}
	}
	return &Sender{
		sent: sent,
		writer: &kafka.Writer{
			Addr:         kafka.TCP(brokers...),
			Topic:        topic,
			Transport:    transport,
			Balancer:     kafka.Murmur2Balancer{}, // as the Java clients place keys
			RequiredAcks: kafka.RequireAll,
			MaxAttempts:  writerAttempts,
			BatchSize:    batchMessages,
			BatchBytes:   batchBytes,
			BatchTimeout: flushAfter,
		},
	}
}

// Trace makes a span of each chunk of messages, which names it in the header
// traceparent (W3C Trace Context). A nil tracer makes none.
func (s *Sender) Trace(tracer trace.Tracer) { s.tracer = tracer }

// ErrNothingSent means that of many messages not one arrived: the broker is
// not there, or takes none. The rest was not tried.
var ErrNothingSent = errors.New("no message was taken")

// Send sends a message, now or with later ones. The error wraps
// [ErrNothingSent]; that of a single message is counted and kept in Err.
func (s *Sender) Send(ctx context.Context, m Message) error {
	if size := len(m.OrderID) + len(m.Value); size > batchBytes-recordOverhead {
		s.fail(1, m.Source, fmt.Errorf("the message has %d bytes, %d are the most", size, batchBytes-recordOverhead))
		return nil
	}
	record := kafka.Message{Value: m.Value}
	if m.OrderID != "" {
		record.Key = []byte(m.OrderID)
	}
	s.pending, s.sources = append(s.pending, record), append(s.sources, m.Source)
	if len(s.pending) < chunkMessages {
		return nil
	}
	return s.Flush(ctx)
}

// recordOverhead bounds what a record takes beside key and value.
const recordOverhead = 1000

// Flush sends what is still held back. The error is that of Send.
func (s *Sender) Flush(ctx context.Context) error {
	if len(s.pending) == 0 {
		return nil
	}
	ctx, end := s.span(ctx)
	err := s.writer.WriteMessages(ctx, s.pending...)
	end(err)
	failed := s.count(err)
	arrived := int64(len(s.pending)) - failed
	s.Sent += arrived
	s.sent(arrived)
	s.pending, s.sources = s.pending[:0], s.sources[:0]
	if arrived == 0 {
		return fmt.Errorf("%w: %w", ErrNothingSent, s.Err)
	}
	return nil
}

// span begins a span of what is pending, and names it in each message.
func (s *Sender) span(ctx context.Context) (_ context.Context, end func(error)) {
	if s.tracer == nil {
		return ctx, func(error) {}
	}
	ctx, span := s.tracer.Start(ctx, "send "+s.writer.Topic, trace.WithSpanKind(trace.SpanKindProducer),
		trace.WithAttributes(
			attribute.String("messaging.system", "kafka"),
			attribute.String("messaging.operation.name", "send"),
			attribute.String("messaging.operation.type", "send"),
			attribute.String("messaging.destination.name", s.writer.Topic),
			attribute.Int("messaging.batch.message_count", len(s.pending))))
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	var headers []kafka.Header
	for _, name := range slices.Sorted(maps.Keys(carrier)) {
		headers = append(headers, kafka.Header{Key: name, Value: []byte(carrier[name])})
	}
	for i := range s.pending {
		s.pending[i].Headers = headers
	}
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
		}
		span.End()
	}
}

// count counts the messages of a chunk that failed.
func (s *Sender) count(err error) (failed int64) {
	var each kafka.WriteErrors
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &each):
		s.fail(int64(len(s.pending)), "", err)
		return int64(len(s.pending))
	}
	for i, err := range each {
		if err != nil {
			s.fail(1, s.sources[i], err)
			failed++
		}
	}
	return failed
}

func (s *Sender) fail(n int64, source string, err error) {
	s.Failed += n
	if s.Err == nil && source != "" {
		err = fmt.Errorf("%s: %w", source, err)
	}
	if s.Err == nil {
		s.Err = err
	}
}

// Close ends the sender; what was not flushed is not sent.
func (s *Sender) Close() error { return s.writer.Close() }
