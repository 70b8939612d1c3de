package integration

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var (
	chaosFor   = flag.Duration("chaos", 5*time.Second, "how long TestChaos interferes, in all its rounds")
	chaosRound = flag.Duration("chaos-round", 45*time.Second, "how long a round interferes before it is judged")
	chaosPace  = flag.Duration("chaos-pace", 25*time.Millisecond, "how often each of the producers sends some records")
	chaosSeed  = flag.Uint64("chaos-seed", 0, "seed of the first round of TestChaos, the next ones count on; 0 draws one")
)

// TestChaos lets faults loose on workers under load, alone and together, and
// then holds the database against what was produced. Each round has a topic and
// a database of its own, and is drawn from its seed: -chaos-seed repeats it, up
// to what the machine does in between. make chaos runs it for long.
func TestChaos(t *testing.T) { // not parallel: it is rough with the servers that all tests share
	seed := *chaosSeed
	if seed == 0 {
		seed = rand.Uint64N(1_000_000_000)
	}
	all := newTally()
	for left := *chaosFor; left > 0 && !t.Failed(); left -= *chaosRound {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			newChaos(t, seed, all).run(min(left, *chaosRound))
		})
		seed++
	}
	t.Logf("chaos: %s", all)
}

// chaos is one round.
type chaos struct {
	*env
	rng     *rand.Rand // draws the faults; the load has generators of its own
	between *proxy     // between the workers and the database
	// commitsLost and answersLost end connections at it.
	commitsLost, answersLost saboteur
	load                     *load
	crew                     []*member
	active                   []begun
	snapshot                 string // a copy of the database to put back; empty when there is none
	began                    time.Time
	tally                    *tally
}

// begun is a fault that has not ended yet.
type begun struct {
	*fault
	end   func()
	until time.Time
}

const (
	crewSize = 3 // workers
	atOnce   = 3 // faults, at most
)

func newChaos(t *testing.T, seed uint64, all *tally) *chaos {
	c := &chaos{
		env: newEnv(t, 3), rng: rand.New(rand.NewPCG(seed, 1)), began: time.Now(), tally: all,
	}
	c.openAccounts(chaosAccounts()...)
	c.between = c.behindProxy()
	c.commitsLost.rng = rand.New(rand.NewPCG(seed, 2))
	c.answersLost.rng = rand.New(rand.NewPCG(seed, 3))
	c.between.watch(func() tap {
		return (&commitTap{mayCommit: c.commitsLost.mayPass, mayBeHeard: c.answersLost.mayPass}).tap()
	})
	c.brokers = c.cluster.proxied
	t.Cleanup(c.cluster.proxy.heal)
	c.load = c.startLoad(seed)
	return c
}

// run interferes for so long, ends all faults, and judges what is left.
func (c *chaos) run(interfere time.Duration) {
	for range crewSize {
		c.hire()
	}
	for until := time.Now().Add(interfere); time.Now().Before(until); {
		c.step()
	}
	for len(c.active) > 0 {
		c.endOldest()
	}
	c.judge(interfere)
}

// step begins a fault, or ends one whose time has come.
func (c *chaos) step() {
	c.pass(50*time.Millisecond + time.Duration(c.rng.Int64N(int64(time.Second))))
	c.restaff()
	if len(c.active) > 0 && (len(c.active) == atOnce || time.Now().After(c.active[0].until)) {
		c.endOldest()
		return
	}
	f := &faults[c.rng.IntN(len(faults))]
	lasts := f.shortest + time.Duration(c.rng.Int64N(int64(f.longest-f.shortest)+1))
	if !c.fits(f) {
		return
	}
	c.say("%s", f.name)
	c.tally.faults[f.name]++
	end := f.begin(c)
	if end != nil {
		c.active = append(c.active, begun{f, end, time.Now().Add(lasts)})
	}
}

// fits tells whether the servers that the fault needs are not another's.
func (c *chaos) fits(f *fault) bool {
	for _, other := range c.active {
		if f == other.fault || (f.takes|f.needs)&other.takes != 0 || f.takes&other.needs != 0 {
			return false
		}
	}
	return f.when == nil || f.when(c)
}

func (c *chaos) endOldest() {
	oldest := c.active[0]
	c.active = c.active[1:]
	c.pass(time.Until(oldest.until))
	c.say("%s: over", oldest.name)
	oldest.end()
}

// calm ends all faults, and waits until the crew is there and ready.
func (c *chaos) calm() {
	for len(c.active) > 0 {
		c.endOldest()
	}
	eventually(c.t, time.Minute, "the crew is ready", func() error {
		c.restaff()
		for _, m := range c.crew {
			if err := m.ready(); err != nil {
				return err
			}
		}
		return nil
	})
}

// judge expects that everything that was produced is decided, once.
func (c *chaos) judge(interfered time.Duration) {
	defer c.tell()
	sent := c.load.stop()
	c.restaff()
	healed := time.Now()
	c.awaitDoneWithin(3 * time.Minute)
	c.awaitAll()
	c.say("all is decided, %v after the last fault", time.Since(healed).Round(time.Millisecond))
	c.tally.slowest = max(c.tally.slowest, time.Since(healed))
	c.send(orders(c.rng, "afterwards", 500, 10)...) // they are at work still
	c.awaitDone()
	c.check()
	for _, m := range c.crew {
		m.awaitReady()
	}
	c.checkVitals()
	c.tally.add(c, sent, interfered)
}

// pass lets time go by for the fault that is under way.
func (c *chaos) pass(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.t.Context().Done():
		c.t.FailNow()
	}
}

func (c *chaos) say(format string, args ...any) {
	c.t.Helper()
	c.t.Logf("%6.1f s  %s", time.Since(c.began).Seconds(), fmt.Sprintf(format, args...))
}

// tally is what all rounds came to.
type tally struct {
	rounds     int
	interfered time.Duration
	slowest    time.Duration // from the last fault to lag 0
	faults     map[string]int
	counts     map[string]int64
}

func newTally() *tally { return &tally{faults: map[string]int{}, counts: map[string]int64{}} }

func (y *tally) add(c *chaos, sent loadCounts, interfered time.Duration) {
	y.rounds++
	y.interfered += interfered
	for what, n := range sent {
		y.counts["sent: "+what] += n
	}
	y.counts["debited"] += c.count("SELECT count(*) FROM transfer")
	y.counts["declined"] += c.count("SELECT count(*) FROM processed WHERE outcome = 2")
	y.counts["dead letters"] += c.count("SELECT count(*) FROM dead_letter")
}

func (y *tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d rounds, %v of interference, slowest recovery %v\n",
		y.rounds, y.interfered, y.slowest.Round(time.Millisecond))
	writeCounts(&b, y.counts)
	b.WriteString("faults:\n")
	writeCounts(&b, y.faults)
	return b.String()
}

// tell tells of a round that failed what the workers wait for and what the
// broker said last.
func (c *chaos) tell() {
	if !c.t.Failed() {
		return
	}
	for _, m := range c.crew {
		c.t.Logf("worker %d, ready: %v", m.cmd.Process.Pid, m.ready())
	}
	said, err := c.cluster.container.Logs(context.Background())
	if err != nil {
		c.t.Log(err)
		return
	}
	defer said.Close()
	all, err := io.ReadAll(said)
	c.t.Logf("the broker said last (%v):\n%s", err, all[max(0, len(all)-8<<10):])
}
