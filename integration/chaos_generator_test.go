package integration

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
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
