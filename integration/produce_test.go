package integration

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// connectProducer makes a producer that knows nothing yet of the topic: one
// that does takes its time to see that it has changed.
func (e *env) connectProducer() {
	e.t.Helper()
	client, err := newProducer(e.cluster.addr)
	if err != nil {
		e.t.Fatal(err)
	}
	e.producer = client
	e.t.Cleanup(client.Close)
}

// send produces the commands round robin over the partitions, so that repeats
// reach several workers, and returns when the broker has acknowledged them.
func (e *env) send(commands ...command) {
	e.t.Helper()
	records := make([]*kgo.Record, len(commands))
	for i, c := range commands {
		partition := (e.sent.Load() + int64(i)) % int64(e.partitions)
		records[i] = e.record(int32(partition), c)
		e.oracle.expect(c, records[i])
	}
	e.produce(records...)
	e.sent.Add(int64(len(commands)))
}

// sendTo produces the commands to one partition, in their order.
func (e *env) sendTo(partition int32, commands ...command) {
	e.t.Helper()
	records := make([]*kgo.Record, len(commands))
	for i, c := range commands {
		records[i] = e.record(partition, c)
		e.oracle.expect(c, records[i])
	}
	e.produce(records...)
}

func (e *env) record(partition int32, c command) *kgo.Record {
	return &kgo.Record{Topic: e.topic, Partition: partition, Key: []byte(c.account), Value: c.value()}
}

func (e *env) produce(records ...*kgo.Record) {
	e.t.Helper()
	if err := e.producer.ProduceSync(e.t.Context(), records...).FirstErr(); err != nil {
		e.t.Fatalf("produce to %s: %v", e.topic, err)
	}
}

// transactions produces in Kafka transactions, one after the other.
type transactions struct {
	e      *env
	client *kgo.Client
}

func (e *env) transactions(id string) *transactions {
	e.t.Helper()
	client, err := newProducer(e.cluster.addr, kgo.TransactionalID(e.topic+"-"+id))
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(client.Close)
	return &transactions{e, client}
}

// commit produces the commands to the partition in a transaction that counts.
func (x *transactions) commit(partition int32, commands ...command) {
	x.e.t.Helper()
	for _, c := range commands {
		x.e.oracle.expect(c, x.e.record(partition, c))
	}
	x.end(kgo.TryCommit, partition, commands)
}

// abort produces them in one that does not: the oracle never hears of it.
func (x *transactions) abort(partition int32, commands ...command) {
	x.e.t.Helper()
	x.end(kgo.TryAbort, partition, commands)
}

func (x *transactions) end(how kgo.TransactionEndTry, partition int32, commands []command) {
	x.e.t.Helper()
	ctx := x.e.t.Context()
	if err := x.client.BeginTransaction(); err != nil {
		x.e.t.Fatalf("begin transaction: %v", err)
	}
	for _, c := range commands {
		// Each in a request of its own, so that it is in the log before the end.
		if err := x.client.ProduceSync(ctx, x.e.record(partition, c)).FirstErr(); err != nil {
			x.e.t.Fatalf("produce in a transaction: %v", err)
		}
	}
	if err := x.client.EndTransaction(ctx, how); err != nil {
		x.e.t.Fatalf("end transaction: %v", err)
	}
}

// load sends the commands in the background, some thousands a second, so that
// a test can interfere while work goes on. Its return value waits for the end.
func (e *env) load(commands []command) (wait func()) {
	done := make(chan struct{})
	ctx := e.t.Context()
	go func() {
		defer close(done)
		const pace, size = 10 * time.Millisecond, 50
		ticker := time.NewTicker(pace)
		defer ticker.Stop()
		for len(commands) > 0 && e.loadSome(ctx, commands[:min(size, len(commands))]) {
			commands = commands[min(size, len(commands)):]
			<-ticker.C
		}
	}()
	e.t.Cleanup(func() { <-done })
	return func() {
		<-done
		if e.t.Failed() {
			e.t.FailNow()
		}
	}
}

// loadSome is send for a goroutine that is not the test's own.
func (e *env) loadSome(ctx context.Context, commands []command) bool {
	records := make([]*kgo.Record, len(commands))
	for i, c := range commands {
		records[i] = e.record(int32(i)%e.partitions, c)
		e.oracle.expect(c, records[i])
	}
	if err := e.producer.ProduceSync(ctx, records...).FirstErr(); err != nil {
		e.t.Errorf("produce to %s: %v", e.topic, err)
		return false
	}
	e.sent.Add(int64(len(commands)))
	return true
}

// keepLoading sends orders of so many customers, a thousand a second, until the
// function that it returns is called: a fault may take as long as it takes.
func (e *env) keepLoading(customers int) (stop func()) {
	ctx, cancel := context.WithCancel(e.t.Context())
	done := make(chan struct{})
	rng := random(e.t)
	go func() {
		defer close(done)
		const pace, size = 50 * time.Millisecond, 50
		ticker := time.NewTicker(pace)
		defer ticker.Stop()
		for i := 0; ; i++ {
			// What was begun is sent to its end: the oracle counts on it.
			if !e.loadSome(context.WithoutCancel(ctx), orders(rng, fmt.Sprintf("order-%d", i), size, customers)) {
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	}()
	e.t.Cleanup(func() { cancel(); <-done })
	return func() {
		cancel()
		<-done
		if e.t.Failed() {
			e.t.FailNow()
		}
	}
}
