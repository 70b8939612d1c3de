package integration

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"
)

// random returns a generator whose seed is shown with the test.
func random(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// awaitSent waits until the load has sent so many records.
func (e *env) awaitSent(n int) {
	e.t.Helper()
	eventually(e.t, time.Minute, "the load has come far enough", func() error {
		if sent := e.sent.Load(); sent < int64(n) {
			return fmt.Errorf("%d of %d records are sent", sent, n)
		}
		return nil
	})
}

func TestPromise1_DuplicatesOverSeveralWorkersDebitOnce(t *testing.T) {
	t.Parallel()
	e := newEnv(t, 6)
	rng := random(t)
	e.openAccounts(customers(100, 1_000_000)...)
	for range 3 {
		e.startWorker()
	}
	commands := orders(rng, "order", 5_000, 100)
	for range 3 { // each round meets other partitions, so other workers too
		rng.Shuffle(len(commands), func(i, j int) { commands[i], commands[j] = commands[j], commands[i] })
		e.send(commands...)
	}
	e.awaitDone()
	e.check()
}

func TestPromise1_SIGKILLUnderLoad(t *testing.T) {
	t.Parallel()
	e := newEnv(t, 4)
	rng := random(t)
	e.openAccounts(customers(200, 1_000_000)...)
	workers := []*worker{e.startWorker(), e.startWorker()}
	for _, w := range workers {
		w.awaitReady()
	}
	const total = 40_000
	wait := e.load(orders(rng, "order", total, 200))
	moments := []int{rng.IntN(total), rng.IntN(total), rng.IntN(total), rng.IntN(total)}
	slices.Sort(moments)
	for _, moment := range moments {
		e.awaitSent(moment)
		victim := rng.IntN(len(workers))
		workers[victim].kill()
		workers[victim] = e.startWorker()
	}
	wait()
	e.awaitDone()
	e.check()
}

func TestPromise1_RebalanceUnderLoad(t *testing.T) {
	t.Parallel()
	e := newEnv(t, 4)
	e.openAccounts(customers(200, 1_000_000)...)
	first, second := e.startWorker(), e.startWorker()
	first.awaitReady()
	second.awaitReady()
	const total = 40_000
	wait := e.load(orders(random(t), "order", total, 200))

	e.awaitSent(total / 8)
	third := e.startWorker() // joins
	third.awaitReady()
	e.awaitSent(total / 4)
	second.stop() // leaves
	e.awaitSent(total / 2)
	first.signal(syscall.SIGSTOP) // is taken for dead, with work in hand
	wait()
	e.awaitDone() // so its partitions have another owner now
	wait = e.load(orders(random(t), "later", total/4, 200))
	first.signal(syscall.SIGCONT) // goes on with what is no longer its own
	wait()
	e.awaitDone()
	e.check()
	first.awaitReady()
}
