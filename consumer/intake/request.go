package intake

import (
	"context"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// ask sends req to a broker and returns its answer.
func ask[R kmsg.Response](ctx context.Context, c *Cluster, node int32, req kmsg.Request) (R, error) {
	done, err := c.exchange(ctx, node, req, maxVersion)
	if err != nil {
		var none R
		return none, err
	}
	return done.resp.(R), nil
}

const maxVersion = 1<<15 - 1

// exchange sends req, in no version above most, to a broker and returns the answered exchange.
func (c *Cluster) exchange(ctx context.Context, node int32, req kmsg.Request, most int16) (*exchange, error) {
	if err := c.setVersion(ctx, node, req, most); err != nil {
		return nil, err
	}
	return c.roundTrip(ctx, node, req)
}

func (c *Cluster) roundTrip(ctx context.Context, node int32, req kmsg.Request) (*exchange, error) {
	timeout := c.cfg.RequestTimeout
	if fetch, ok := req.(*kmsg.FetchRequest); ok {
		timeout += time.Duration(fetch.MaxWaitMillis) * time.Millisecond
	}
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	call := newExchange(req, c.lastID.Add(1), c.cfg.ClientID, c.cfg.MaxAnswerBytes)
	var message protocol.Message = call
	if node != anyBroker {
		message = brokerExchange{call, node}
	}
	_, err := c.transport.RoundTrip(bounded, kafka.TCP(c.cfg.Brokers...), message)
	if ctx.Err() != nil && err != nil {
		return nil, ctx.Err() // given up by the caller: says nothing about the broker
	}
	c.note(node, err)
	if err != nil {
		c.versions.forget(node)
		return nil, &UnreachableError{Broker: c.brokerName(node), Request: kmsg.NameForKey(req.Key()), Err: err}
	}
	return call, nil
}

// note logs when a broker stops answering and when it answers again.
func (c *Cluster) note(node int32, err error) {
	c.mu.Lock()
	changed := c.unreachable[node] != (err != nil)
	c.unreachable[node] = err != nil
	c.mu.Unlock()
	switch {
	case !changed:
	case err != nil:
		c.cfg.Logger.Warn("kafka unreachable", "broker", c.brokerName(node), "error", err)
	default:
		c.cfg.Logger.Info("kafka reachable again", "broker", c.brokerName(node))
	}
}

func (c *Cluster) brokerName(node int32) string {
	if node == anyBroker {
		return fmt.Sprintf("kafka at %s", kafka.TCP(c.cfg.Brokers...))
	}
	return fmt.Sprintf("kafka broker %d", node)
}

// retry repeats do until it succeeds, fails for good, or ctx ends.
func (c *Cluster) retry(ctx context.Context, what string, do func(context.Context) error) error {
	var last error
	for {
		err := do(ctx)
		if err == nil {
			return nil
		}
		if permanent(err) {
			return fmt.Errorf("%s: %w", what, err)
		}
		if last == nil || ctx.Err() == nil {
			last = err // and not that ctx ended
		}
		if !pause(ctx, c.cfg.backoff()) {
			return fmt.Errorf("%s: %w; the last try: %w", what, ctx.Err(), last)
		}
	}
}

// pause waits, and reports false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
