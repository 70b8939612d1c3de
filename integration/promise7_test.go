package integration

import (
	"fmt"
	"testing"
)

func TestPromise7_AbortedProducerTransactionsAreNeverPaid(t *testing.T) {
	t.Parallel()
	e := newEnv(t, 2)
	e.openAccounts(customers(10, 1_000_000)...)
	e.startWorker() // reads while transactions are open
	ours, theirs := e.transactions("ours"), e.transactions("theirs")
	for i := range 15 {
		name := func(kind string) string { return fmt.Sprintf("%s-%d", kind, i) }
		ours.abort(0, numbered(name("aborted"), 3)...)
		e.sendTo(0, numbered(name("plain"), 2)...)
		theirs.commit(0, numbered(name("committed"), 3)...)
		theirs.abort(1, numbered(name("undone"), 2)...)
		// The same order: rolled back first, then paid.
		ours.abort(1, numbered(name("again"), 1)...)
		ours.commit(1, numbered(name("again"), 1)...)
	}
	ours.abort(0, numbered("last", 3)...) // the log ends with a marker
	e.awaitDone()
	e.check()
	for partition, lag := range e.describedLag() {
		if lag != "0" {
			t.Errorf("kafka-consumer-groups.sh says lag %s for partition %d", lag, partition)
		}
	}

	// All of it once more, by a group that starts from nothing.
	e.group += "_second"
	e.startWorker()
	e.awaitDone()
	e.check()
}
