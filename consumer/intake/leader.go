package intake

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// leader is the fetch loop of one broker. It has one request in flight, for all partitions that the
// broker leads and that have room.
type leader struct {
	fetcher *Fetcher
	node    int32
	wake    chan struct{} // holds one token when there may be something new to ask for
	decoder decoder
	growth  growth

	// The rest is guarded by Fetcher.mu.

	abandon context.CancelFunc // gives up the request in flight; nil if there is none
	trouble error              // why the last request failed, nil if it did not
}

func newLeader(f *Fetcher, node int32) *leader {
	return &leader{
		fetcher: f,
		node:    node,
		wake:    make(chan struct{}, 1),
		growth:  firstGrowth(f.cfg.ReceiverBytes),
		decoder: decoder{
			topic: f.cfg.Topic,
			decompressor: decompressor{inner: f.inner, limit: f.cfg.MaxBatchBytes,
				total: min(f.cfg.PartitionMaxBytes, f.cfg.PartitionBufferBytes)},
			beside: f.cfg.ReceiverBytes,
		},
	}
}

// nudge makes the loop look for something to ask for, once the request in flight is answered.
func (l *leader) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// interrupt makes the loop look at once. A request in flight is given up: it may be held by the broker
// for MaxWait, and its connection is busy until then, so this is for rare events. The caller holds
// Fetcher.mu.
func (l *leader) interrupt() {
	l.nudge()
	if l.abandon != nil {
		l.abandon()
	}
}

func (l *leader) loop(ctx context.Context) {
	for ctx.Err() == nil {
		if next := l.once(ctx); next > 0 {
			l.rest(ctx, next)
		}
	}
}

// once asks for what there is to ask for and deals with the answer. It returns how long to rest.
func (l *leader) once(ctx context.Context) time.Duration {
	given, cancel := context.WithCancel(ctx)
	defer cancel()
	next := l.fetcher.plan(l, cancel)
	if len(next.asked) == 0 {
		return next.wait
	}
	done, err := l.fetcher.cluster.exchange(given, l.node, next.request(l.fetcher.cfg), next.maxVersion())
	abandoned := err != nil && given.Err() != nil
	l.fetcher.answered(l, err, abandoned)
	switch {
	case abandoned:
	case err != nil:
		l.fetcher.wantRefresh() // another broker may lead its partitions by now
		pause(ctx, l.fetcher.cfg.backoff())
	default:
		l.take(ctx, next, done)
		// A broker that enforces a quota does not read the connection for so long (KIP-219).
		pause(ctx, time.Duration(done.resp.(*kmsg.FetchResponse).ThrottleMillis)*time.Millisecond)
	}
	return 0
}

// rest waits until there may be something to ask for.
func (l *leader) rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-l.wake:
	case <-timer.C:
	}
}
