package settle_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var histories = flag.Duration("settle.histories", 0,
	"how long to try random histories; 0 for as many as -rapid.checks says")

// Promise 5: the books balance, and promises 1 to 4 and 6 hold with it, over
// random histories: several workers, batches cut anywhere, redeliveries and
// replays; workers that die or lose their connection at each point of a
// transaction, stand still in one, or go on with what others have taken over;
// offsets that are lost or reset, a database that is put back, records that are
// removed, operators who skip some; dead letters that are requeued, twice and
// beside others, or discarded; quarantine; horizons; orders that come again,
// conflict, and are attempted again. What is stored in the end is what a model
// says.
//
// A failure prints the shortest such history that was found, and how to run it
// again.
func TestPromise5_RandomHistories(t *testing.T) {
	t.Parallel()
	for half := range 2 { // one waits for the database while the other computes
		t.Run(fmt.Sprint(half), func(t *testing.T) {
			t.Parallel()
			g := newGround(t)
			var all tally
			began := time.Now()
			defer func() {
				t.Logf("%.0f histories a minute: %+v", float64(all.Histories)/time.Since(began).Minutes(), all)
			}()
			for again := true; again; again = time.Since(began) < *histories {
				rapid.Check(t, func(t *rapid.T) { plans.Draw(t, "history").run(t, g, &all) })
			}
		})
	}
}

// Histories that random ones found, cut down to what matters.
func TestPromise5_KnownHistories(t *testing.T) {
	t.Parallel()
	order := []string{string(pay("o-1", "alice", 5).Value)}
	other := []string{string(pay("o-2", "alice", 5).Value)}
	for name, known := range map[string]plan{
		// A backup from before the first assignment gives out epoch 1 once more,
		// and the former owner's row of source to another partition.
		"a zombie whose epoch is given out again": {
			produce{1, order, 0}, produce{2, []string{"no command"}, 0},
			acquire{0, 2}, putBack{}, acquire{1, 1}, acquire{2, 2},
			settleNext{worker: 0, records: 1},
		},
		// It asks the fence, then waits for the account.
		"a zombie that is behind until another one has committed": {
			produce{2, order, 0}, settleNext{worker: 2, partition: 2, records: 1},
			produce{2, other, 0}, putBack{},
			settleNext{worker: 0, partition: 2, records: 2, fate: stands, at: beforeCommit},
			settleNext{worker: 2, records: 1},
		},
		// Nothing is wrong with what it read, and yet it is not the first.
		"an order that is decided twice at the same time": {
			produce{0, order, 0}, produce{1, []string{string(pay("o-1", "bob", 5).Value)}, 0},
			settleNext{worker: 0, partition: 0, records: 1, fate: stands, at: betweenTrips},
			settleNext{worker: 1, partition: 1, records: 1},
		},
		// It waits for the letter, which is refused and then discarded.
		"a letter that is discarded beside its requeue": {
			produce{0, []string{"no command"}, 0}, settleNext{worker: 0, records: 1},
			requeue{fate: stands, at: betweenTrips}, discard{},
		},
		// It waits for the letter, which is open no more.
		"a letter that is requeued beside its discard": {
			quarantine{}, produce{0, append([]string{badAlice}, order...), 0}, settleNext{worker: 0, records: 2},
			discard{choice{kind: notWaiting}}, requeue{fate: stands, at: betweenTrips}, discard{},
		},
		// Its id is given out again, with its row of source.
		"a letter that was read before the database was put back": {
			quarantine{}, produce{0, append([]string{badAlice}, order...), 0}, settleNext{worker: 0, records: 2},
			discard{choice{kind: notWaiting}}, requeue{fate: dies, at: beforeCommit}, putBack{},
			produce{1, []string{"no command", "nor this"}, 0}, settleNext{worker: 1, partition: 1, records: 2},
			requeueAgain{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var all tally
			known.run(t, newGround(t), &all)
			t.Logf("%+v", all)
		})
	}
}

// run has it happen, on a database of its own as it were.
func (p plan) run(t tester, g *ground, all *tally) {
	h := newHistory(t, g, all)
	defer h.end()
	for _, a := range p {
		t.Logf("%#v", a)
		a.do(h)
		h.judgeLate()
	}
	h.drain()
	h.replay()
	h.compare()
}

// plans have 20 actions in the mean, and some more on dead letters: rapid's slices
// have five, and many of these actions have nothing to do.
var plans = rapid.Custom(func(t *rapid.T) (p plan) {
	if rapid.Bool().Draw(t, "quarantine") {
		p = append(p, quarantine{})
	}
	for range 4 {
		p = append(p, rapid.SliceOfN(drawn(kinds), 0, 24).Draw(t, "actions")...)
	}
	if rapid.Bool().Draw(t, "letters") {
		p = append(p, catchUp{0})
		if rapid.Bool().Draw(t, "nothing waits") {
			p = append(p, discard{choice{kind: notWaiting}})
		}
		p = append(p, rapid.SliceOfN(drawn(letterKinds), 0, 24).Draw(t, "actions on letters")...)
	}
	return p
})

// drawn is an action of one of the kinds.
func drawn(kinds []string) *rapid.Generator[action] {
	return rapid.Custom(func(t *rapid.T) action { return drawAction(t, rapid.SampledFrom(kinds).Draw(t, "action")) })
}

func drawAction(t *rapid.T, kind string) action {
	worker := rapid.IntRange(0, processes-1).Draw(t, "worker")
	partition := rapid.Int32Range(0, partitions-1).Draw(t, "partition")
	switch kind {
	case "produce":
		return produce{partition, rapid.SliceOfN(messages, 1, 6).Draw(t, "messages"),
			rapid.SampledFrom([]int{5, 5, 5, 5, 0, 1, 2, 3, 4}).Draw(t, "minute")}
	case "acquire":
		return acquire{worker, partition}
	case "settle":
		return settleNext{worker, partition, rapid.SampledFrom([]int{1, 2, 3, 8}).Draw(t, "records"), fates.Draw(t, "fate"),
			points.Draw(t, "at")}
	case "again":
		return settleAgain{worker, fates.Draw(t, "fate"), points.Draw(t, "at")}
	case "go on":
		return goOn{rapid.SampledFrom([]fate{settles, settles, cutOff, dies}).Draw(t, "fate")}
	case "exit":
		return exit{worker}
	case "commit":
		return commitOffsets{worker}
	case "reset":
		return resetOffset{partition, rapid.Int64Range(-1, 12).Draw(t, "to")}
	case "back up":
		return backUp{}
	case "put back":
		return putBack{}
	case "audit":
		return auditBooks{}
	case "close":
		return closeAccount{rapid.SampledFrom([]string{"bob", "lender", "shop"}).Draw(t, "account")}
	case "requeue":
		return requeue{rapid.IntRange(0, 1).Draw(t, "operator"), choices.Draw(t, "letters"), fates.Draw(t, "fate"),
			points.Draw(t, "at")}
	case "requeue again":
		return requeueAgain{rapid.IntRange(0, 1).Draw(t, "operator"), rapid.Bool().Draw(t, "same"),
			fates.Draw(t, "fate"), points.Draw(t, "at")}
	case "catch up":
		return catchUp{worker}
	case "horizon":
		return raiseHorizon{rapid.SampledFrom([]int{1, 1, 2, 4, 6}).Draw(t, "minute")}
	case "discard":
		return discard{choices.Draw(t, "letters")}
	case "skip":
		return skip{partition, rapid.Int64Range(0, 12).Draw(t, "to")}
	default:
		return removeRecords{partition, rapid.Int64Range(1, 6).Draw(t, "before")}
	}
}

// kinds are the actions, some more often than others.
var kinds = []string{
	"produce", "settle", "produce", "settle", "acquire", "produce", "settle", "produce", "settle", "acquire",
	"again", "settle", "commit", "go on", "settle", "produce", "again", "settle", "acquire", "commit", "settle",
	"go on", "exit", "reset", "produce", "settle", "again", "audit", "close", "back up", "settle", "skip",
	"put back", "remove", "horizon", "requeue", "discard", "catch up", "requeue", "requeue again", "discard", "requeue",
}

// letterKinds are those that follow when there are dead letters.
var letterKinds = []string{
	"discard", "requeue", "requeue", "discard", "requeue again", "go on", "requeue", "produce", "settle", "requeue again",
	"requeue", "settle", "discard", "again", "audit", "back up", "catch up", "put back", "horizon",
}

var (
	fates  = rapid.SampledFrom([]fate{settles, settles, settles, stands, settles, stands, settles, dies, stands, cutOff})
	points = rapid.SampledFrom([]point{betweenTrips, beforeCommit, afterCommit, inFirstTrip})
)

// choices are of dead letters.
var choices = rapid.Custom(func(t *rapid.T) choice {
	kind := rapid.SampledFrom([]choiceKind{notWaiting, firstHalf, numbered, waiting, open, numbered}).Draw(t, "kind")
	if kind != numbered {
		return choice{kind: kind}
	}
	return choice{numbered, rapid.SliceOfN(rapid.IntRange(0, 9), 1, 6).Draw(t, "numbers")}
})

// controlRecord stands for one among messages.
const controlRecord = "marker"

// payersOfRich are who pays whom in every fourth order: rich has no room for
// such an amount until it has paid one.
var payersOfRich = [][2]string{{"alice", "rich"}, {"rich", ""}, {"lender", "rich"}, {"alice", ""}}

// messages are commands for few orders and accounts, so that they meet. Most
// ask for what their order always asks for.
var messages = rapid.Custom(func(t *rapid.T) string {
	n := rapid.IntRange(0, 15).Draw(t, "order")
	id, from, to, amount := fmt.Sprintf("o%d", n), "alice", "", int64(5+10*n)
	switch n % 4 {
	case 0:
		from, to, amount = payersOfRich[n/4][0], payersOfRich[n/4][1], 35
	case 1:
		from, to = "bob", "shop"
	case 2:
		from, amount = "lender", 20
	case 3:
		to = "bob"
	}
	var options []func(map[string]any)
	switch rapid.IntRange(0, 19).Draw(t, "variation") {
	case 1, 2:
		from = rapid.SampledFrom([]string{"alice", "bob", "euro", "shop", "nobody", "rich"}).Draw(t, "from")
	case 3:
		to = rapid.SampledFrom([]string{"alice", "bob", "euro", "shop", "nobody", "rich", "rich"}).Draw(t, "to")
	case 4, 5:
		amount = rapid.SampledFrom([]int64{1, 60, 200}).Draw(t, "amount")
	case 6:
		return controlRecord
	case 7:
		return "no command"
	case 9:
		return fmt.Sprintf(`{"order_id":%q,"account":%q}`, id, from)
	case 8:
		from, options = "euro", append(options, currency("EUR"))
	case 10:
		options = append(options, occurred(minute(rapid.IntRange(0, 5).Draw(t, "occurred")).Format(time.RFC3339)))
	}
	if to != "" {
		options = append(options, credit(to))
	}
	if n := rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(t, "attempt"); n > 1 {
		options = append(options, attempt(n))
	}
	return string(pay(id, from, amount, options...).Value)
})
