package integration

import (
	"testing"
	"time"
)

// behindProxy makes the test's workers reach the database through a proxy.
func (e *env) behindProxy() *proxy {
	e.t.Helper()
	p, err := newProxy(e.front)
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(p.close)
	e.postgres = p.addr()
	return p
}

// outages are the ways in which a server can be away.
var outages = []struct {
	name  string
	begin func(*proxy)
}{
	{"refuses connections", (*proxy).cut},
	{"swallows packets", (*proxy).hold},
}

func TestDatabaseUnreachableInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, outage := range outages {
		t.Run(outage.name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, 2)
			e.openAccounts(customers(100, 1_000_000)...)
			between := e.behindProxy()
			w := e.startWorker()
			w.awaitReady()
			e.outage(w, between, outage.begin)
		})
	}
}

func TestBrokerUnreachableInTheMiddle(t *testing.T) { // not parallel: the proxy is the broker's
	for _, outage := range outages {
		t.Run(outage.name, func(t *testing.T) {
			e := newEnv(t, 2)
			e.openAccounts(customers(100, 1_000_000)...)
			e.brokers = suite.broker.proxied
			w := e.startWorker()
			w.awaitReady()
			e.outage(w, suite.broker.proxy, outage.begin)
		})
	}
}

// outage takes a server away from a working worker until it says so, and
// expects that it recovers and has debited everything.
func (e *env) outage(w *worker, between *proxy, begin func(*proxy)) {
	e.t.Helper()
	rng := random(e.t)
	wait := e.load(orders(rng, "order", 5_000, 100))
	e.awaitSent(1_000)
	begin(between)
	e.t.Cleanup(between.heal)
	wait()
	w.awaitUnready()
	between.heal()
	e.send(orders(rng, "later", 500, 100)...)
	w.awaitReady()
	e.awaitDone()
	e.check()
}

func TestUnreachableAtStart(t *testing.T) {
	for _, server := range []string{"database", "broker"} {
		t.Run(server, func(t *testing.T) {
			e := newEnv(t, 2)
			e.openAccounts(customers(10, 1_000_000)...)
			between := suite.broker.proxy
			if server == "database" {
				between = e.behindProxy()
			} else {
				e.brokers = suite.broker.proxied
			}
			between.cut()
			t.Cleanup(between.heal)
			e.send(numbered("order", 20)...)
			w := e.startWorker()
			w.awaitUnready()
			between.heal()
			w.awaitReady()
			e.awaitDone()
			e.check()
		})
	}
}

func TestDatabaseServerCrashesUnderLoad(t *testing.T) { // not parallel: all share the server
	e := newEnv(t, 4)
	e.openAccounts(customers(100, 1_000_000)...)
	for range 2 {
		e.startWorker().awaitReady()
	}
	wait := e.load(orders(random(t), "order", 10_000, 100))
	for _, sent := range []int{2_000, 5_000} {
		e.awaitSent(sent)
		suite.postgres.crash(t)
	}
	e.pool.Reset()
	wait()
	e.awaitDoneWithin(time.Minute)
	e.check()
}
