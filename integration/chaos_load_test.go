package integration

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Accounts of the chaos: some have much, some little, one is paid by others,
// some are in another currency.
const (
	richCustomers = 100
	poorCustomers = 20
)

func chaosAccounts() []account {
	accounts := append(customers(richCustomers, 1_000_000_000), settlement("EUR"), customer("shop", 0, 0))
	for i := range poorCustomers {
		poor := customer(fmt.Sprintf("poor-%d", i), 1_000, int64(i)*10)
		poor.currency = [...]string{"USD", "EUR"}[i%2]
		accounts = append(accounts, poor)
	}
	return accounts
}

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
	stale      int // raised when producers are to connect anew
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
	l.stale++
}

func (l *load) layout() (partitions int32, stale int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.partitions, l.stale
}

// pace is how often each producer sends some records.
const pace = 25 * time.Millisecond

// produce sends records that count as soon as they are acknowledged. A broker
// that is away is waited for.
func (l *load) produce(ctx context.Context, stream uint64, opts ...kgo.Opt) {
	g := newGenerator(l, stream)
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	var client *kgo.Client
	for connected := -1; ctx.Err() == nil; <-ticker.C {
		partitions, stale := l.layout()
		if connected != stale {
			if client != nil {
				client.Close()
			}
			connected, client = stale, l.connect(opts...)
			defer client.Close()
		}
		sent := g.some(partitions)
		for _, s := range sent {
			l.expect(s, false)
		}
		// What was begun is brought to its end, so that it is known what the log holds.
		if err := client.ProduceSync(context.WithoutCancel(ctx), recordsOf(sent)...).FirstErr(); err != nil {
			l.t.Errorf("produce: %v", err)
			return
		}
	}
}

// produceInTransactions sends records that count when their transaction is
// committed. When it can't be ended, it is not known whether they do.
func (l *load) produceInTransactions(ctx context.Context, stream uint64, id string) {
	g := newGenerator(l, stream)
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	var client *kgo.Client
	for connected := -1; ctx.Err() == nil; <-ticker.C {
		partitions, stale := l.layout()
		if connected != stale {
			if client != nil {
				client.Close()
			}
			connected, client = stale, l.connect(kgo.TransactionalID(id))
			defer client.Close()
		}
		if err := l.transact(client, g, partitions); err != nil {
			connected = -1 // a new producer fences what this one may have left open
		}
	}
}

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

func (l *load) connect(opts ...kgo.Opt) *kgo.Client {
	client, err := newProducer(suite.broker.addr, opts...)
	if err != nil {
		panic(err) // the options are this file's
	}
	return client
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

// sending is a record on its way, and what it is.
type sending struct {
	kind    string
	command command
	reason  string // why it is no command; empty when it is one
	record  *kgo.Record
}

func recordsOf(sent []sending) []*kgo.Record {
	records := make([]*kgo.Record, len(sent))
	for i := range sent {
		records[i] = sent[i].record
	}
	return records
}

// generator draws what one producer sends. What an order asks for is a function
// of the seed and the order's number, so that any producer can repeat any order.
type generator struct {
	load *load
	rng  *rand.Rand
}

func newGenerator(l *load, stream uint64) *generator {
	return &generator{l, rand.New(rand.NewPCG(l.seed, 100+stream))}
}

func (g *generator) some(partitions int32) []sending {
	sent := make([]sending, 1+g.rng.IntN(20))
	for i := range sent {
		sent[i] = g.draw()
		r := sent[i].record
		r.Topic, r.Partition = g.load.topic, g.rng.Int32N(partitions)
		// Clocks that are an hour off, and keys that say nothing.
		r.Timestamp = time.Now().Add(time.Duration(g.rng.Int64N(int64(2*time.Hour))) - time.Hour)
		if g.rng.IntN(4) > 0 {
			r.Key = []byte(fmt.Sprint("key-", g.rng.IntN(50)))
		}
	}
	return sent
}

// draw makes one record.
func (g *generator) draw() sending {
	last := g.load.orders.Load()
	known := 1 + g.rng.Int64N(last+1)
	if g.rng.IntN(2) == 0 {
		known = max(1, last-g.rng.Int64N(50)) // one of a moment ago
	}
	switch p := g.rng.IntN(100); {
	case p < 3:
		return g.poison()
	case p < 6:
		return g.of("another payload", g.mutated(known))
	case p < 10:
		again := g.order(known)
		again.attempt = 1 + g.rng.Int32N(4)
		return g.of("another attempt", again)
	case p < 30:
		return g.of("a duplicate", g.order(known))
	default:
		return g.of("a new order", g.order(g.load.orders.Add(1)))
	}
}

// order is what order n asks for.
func (g *generator) order(n int64) command {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, g.load.seed), uint64(n)))
	r := rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])))
	c := pay(fmt.Sprintf("%x-%d", sum[:4], n), fmt.Sprintf("customer-%d", r.IntN(richCustomers)), 1+r.Int64N(500))
	switch p := r.IntN(100); {
	case p < 30:
		c.account = fmt.Sprintf("customer-%d", r.IntN(3)) // the hot ones
	case p < 40:
		c.account = fmt.Sprintf("poor-%d", r.IntN(poorCustomers)/2*2)
	case p < 45:
		c.account, c.currency, c.credit = fmt.Sprintf("poor-%d", r.IntN(poorCustomers)/2*2+1), "EUR", "settlement:EUR"
	case p < 50:
		c.credit = "shop"
	case p < 52:
		c.account = "shop"
	case p < 53:
		c.account = "nobody"
	case p < 54:
		c.credit = "nowhere"
	case p < 55:
		c.currency, c.credit = "EUR", "settlement:EUR"
	}
	return c
}

// mutated is an order with something else in it.
func (g *generator) mutated(n int64) command {
	c := g.order(n)
	switch g.rng.IntN(3) {
	case 0:
		c.minor += 1 + g.rng.Int64N(10)
	case 1:
		c.account = fmt.Sprintf("customer-%d", g.rng.IntN(richCustomers))
	default:
		c.credit = "shop"
		if c.account == "shop" {
			c.account = "customer-0"
		}
	}
	return c
}

// of makes the record of a command, rarely a large one.
func (g *generator) of(kind string, c command) sending {
	value := c.value()
	if size := g.rng.IntN(4_000); size < 3 {
		note, _ := json.Marshal(map[string]string{"note": strings.Repeat("x", 300_000*(size+1))})
		value = append(append(value[:len(value)-1], `,"metadata":`...), append(note, '}')...)
	}
	return sending{kind: kind, command: c, record: &kgo.Record{Value: value}}
}

// poison makes a record that is no command.
func (g *generator) poison() sending {
	if g.rng.IntN(5) == 0 {
		return sending{kind: "no command", reason: "empty_value", record: &kgo.Record{}}
	}
	if g.rng.IntN(5) == 0 {
		noise := make([]byte, 1+g.rng.IntN(300))
		for i := range noise {
			noise[i] = byte(128 + g.rng.IntN(128)) // no JSON begins so
		}
		return sending{kind: "no command", reason: "invalid_json", record: &kgo.Record{Value: noise}}
	}
	p := poisons[g.rng.IntN(len(poisons))]
	return sending{kind: "no command", reason: p.reason, record: &kgo.Record{Value: []byte(p.value),
		Headers: []kgo.RecordHeader{{Key: "trace", Value: []byte{0, 255}}}}}
}
