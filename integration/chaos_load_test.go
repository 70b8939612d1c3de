package integration

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// load produces commands of every kind until it is stopped.
type load struct {
	t       *testing.T
	topic   string
	oracle  *oracle
	seed    uint64
	orders  atomic.Int64 // order numbers given out
	halt    context.CancelFunc
	running sync.WaitGroup

	mu         sync.Mutex
	partitions int32
	counts     loadCounts
}

// loadCounts is how many records were produced, by kind.
type loadCounts map[string]int64

var codecs = []kgo.CompressionCodec{kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(),
	kgo.Lz4Compression(), kgo.ZstdCompression()}

func (c *chaos) startLoad(seed uint64) *load {
	c.t.Helper()
	l := &load{t: c.t, topic: c.topic, oracle: c.oracle, seed: seed, partitions: c.partitions, counts: loadCounts{}}
	ctx, halt := context.WithCancel(context.Background())
	l.halt = halt
	for i := range codecs {
		l.running.Go(func() { l.produce(ctx, uint64(i), kgo.ProducerBatchCompression(codecs[i])) })
	}
	for i := range 2 {
		l.running.Go(func() { l.produceInTransactions(ctx, uint64(10+i), fmt.Sprintf("%s-%d", c.topic, i)) })
	}
	c.t.Cleanup(func() { l.stop() })
	return l
}

// stop ends the load once what it sent is acknowledged, and tells what that was.
func (l *load) stop() loadCounts {
	l.halt()
	l.running.Wait()
	return maps.Clone(l.counts)
}

// useNewPartitions spreads the load over one partition more.
func (l *load) useNewPartitions() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.partitions++
}

func (l *load) layout() (partitions int32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.partitions
}

// produce sends records that count as soon as they are acknowledged. A broker
// that is away is waited for; where the producer gives up, it is not known what
// it had sent.
func (l *load) produce(ctx context.Context, stream uint64, opts ...kgo.Opt) {
	l.keepOn(ctx, stream, opts, func(client *kgo.Client, g *generator, partitions int32) error {
		sent := g.some(partitions)
		// What was begun is brought to its end, so that it is known what the log holds.
		err := client.ProduceSync(context.WithoutCancel(ctx), recordsOf(sent)...).FirstErr()
		for _, s := range sent {
			l.expect(s, err != nil)
		}
		return err
	})
}

// produceInTransactions sends records that count when their transaction is
// committed.
func (l *load) produceInTransactions(ctx context.Context, stream uint64, id string) {
	l.keepOn(ctx, stream, []kgo.Opt{kgo.TransactionalID(id)}, l.transact)
}

// keepOn has a producer send again and again until ctx ends. It connects anew
// after an error, so that a new producer fences what the one before may have
// left open, and when there are new partitions.
func (l *load) keepOn(
	ctx context.Context, stream uint64, opts []kgo.Opt, send func(*kgo.Client, *generator, int32) error,
) {
	g := newGenerator(l, stream)
	ticker := time.NewTicker(*chaosPace)
	defer ticker.Stop()
	for ctx.Err() == nil {
		partitions := l.layout()
		client, err := newProducer(suite.broker.addr, opts...)
		if err != nil {
			l.t.Errorf("connect a producer: %v", err)
			return
		}
		for err == nil && ctx.Err() == nil && l.layout() == partitions {
			err = send(client, g, partitions)
			<-ticker.C
		}
		client.Close()
	}
}

// transact sends in one transaction. When it can't be committed, it is not known
// whether it is.
func (l *load) transact(client *kgo.Client, g *generator, partitions int32) error {
	if err := client.BeginTransaction(); err != nil {
		return err
	}
	sent := g.some(partitions)
	counts := g.rng.IntN(3) > 0
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err := client.ProduceSync(ctx, recordsOf(sent)...).FirstErr()
	try := kgo.TryAbort
	if err == nil && counts {
		try = kgo.TryCommit
	}
	ended := client.EndTransaction(ctx, try)
	switch {
	case try == kgo.TryAbort: // never paid, whatever became of the abort
		l.count("in an aborted transaction", len(sent))
	case ended != nil:
		for _, s := range sent {
			l.expect(s, true)
		}
	default:
		for _, s := range sent {
			l.expect(s, false)
		}
	}
	return ended
}

// expect tells the oracle; maybe is for what may not be in the log.
func (l *load) expect(s sending, maybe bool) {
	kind := s.kind
	if maybe {
		kind += ", perhaps"
	}
	l.count(kind, 1)
	if s.reason != "" {
		l.oracle.expectPoison(s.record, s.reason, maybe)
		return
	}
	l.oracle.expectCommand(s.command, s.record, maybe)
}

func (l *load) count(kind string, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[kind] += int64(n)
}
