package demo

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"
)

// sendingTime is over how long the messages are spread, so that a person can
// watch, and a worker that is killed has something in hand.
const sendingTime = 4 * time.Second

// sendInterval is how often those whose time has come are sent.
const sendInterval = 20 * time.Millisecond

// sender sends a plan's messages, each to its partition.
type sender struct {
	brokers []string
	sent    atomic.Int64 // acknowledged
}

// sending is a sender at work.
type sending struct {
	cancel context.CancelFunc
	ended  chan struct{}
	err    error // read after ended
}

func (s *sender) start(ctx context.Context, messages []message) *sending {
	ctx, cancel := context.WithCancel(ctx)
	g := &sending{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(g.ended)
		g.err = s.send(ctx, messages)
	}()
	return g
}

// failed returns the error of a sender that gave up, nil before.
func (g *sending) failed() error {
	select {
	case <-g.ended:
		return g.err
	default:
		return nil
	}
}

// stop returns when nothing more is sent.
func (g *sending) stop() {
	g.cancel()
	<-g.ended
}

// send returns when the broker has acknowledged all.
func (s *sender) send(ctx context.Context, messages []message) error {
	transport := &kafka.Transport{ClientID: "deductor-demo"}
	defer transport.CloseIdleConnections()
	writer := &kafka.Writer{
		Addr: kafka.TCP(s.brokers...), Topic: topic, Transport: transport,
		Balancer:     kafka.BalancerFunc(func(m kafka.Message, _ ...int) int { return m.WriterData.(int) }),
		RequiredAcks: kafka.RequireAll,
		BatchSize:    len(messages),
		BatchTimeout: time.Millisecond,
	}
	defer writer.Close()
	ticker := time.NewTicker(sendInterval)
	defer ticker.Stop()
	for began, next := time.Now(), 0; next < len(messages); {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		share := min(1, time.Since(began).Seconds()/sendingTime.Seconds())
		due := records(messages[next:int(share*float64(len(messages)))])
		if len(due) == 0 {
			continue
		}
		if err := writer.WriteMessages(ctx, due...); err != nil {
			return fmt.Errorf("send messages: %w", err)
		}
		next += len(due)
		s.sent.Store(int64(next))
	}
	return nil
}

func records(messages []message) []kafka.Message {
	due := make([]kafka.Message, len(messages))
	for i, m := range messages {
		due[i] = kafka.Message{Key: m.key, Value: m.value, WriterData: m.partition}
	}
	return due
}
