package integration

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

var throughputCommands = flag.Int("commands", 4_000, "how many commands TestThroughput has one worker debit")

// TestThroughput fills a topic, has one worker read all of it, and shows how
// many payments a second that was: with batches as they come, and with batches
// of one, of which there are a twentieth. It fails when the books are wrong,
// never for being slow. make throughput runs it with 200,000 commands.
func TestThroughput(t *testing.T) { // not parallel: it measures
	batched := measure(t, *throughputCommands)
	single := measure(t, *throughputCommands/20, "--batch-max", "1")
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "batches\tcommands\tseconds\tpayments/s\tµs/payment\tratio\t")
	for _, row := range []struct {
		name string
		measurement
	}{{"as they come", batched}, {"of one", single}} {
		fmt.Fprintf(w, "%s\t%d\t%.2f\t%.0f\t%.1f\t%.2f\t\n", row.name, row.commands, row.took.Seconds(),
			row.perSecond(), 1e6/row.perSecond(), row.perSecond()/batched.perSecond())
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Logf("one worker, 8 partitions, from the first transaction's begin to lag 0:\n%s", table.String())
}

type measurement struct {
	commands int
	took     time.Duration
}

func (m measurement) perSecond() float64 {
	return float64(m.commands) / m.took.Seconds()
}

// measure times a worker over orders with random ids, spread over accounts
// that are a tenth as many.
func measure(t *testing.T, n int, flags ...string) measurement {
	e := newEnv(t, 8)
	rng := random(t)
	accounts := n/10 + 1
	e.openAccounts(customers(accounts, 1_000_000)...)
	commands := make([]command, n)
	for i := range commands {
		commands[i] = pay(fmt.Sprintf("%016x", rng.Uint64()), fmt.Sprintf("customer-%d", rng.IntN(accounts)), 1)
	}
	e.send(commands...)
	e.startWorker(flags...)
	e.awaitDoneWithin(5 * time.Minute)
	done := time.Now()
	var began time.Time
	e.rows("SELECT min(processed_at) FROM processed", []any{&began}, func() {})
	e.check()
	return measurement{n, done.Sub(began)}
}
