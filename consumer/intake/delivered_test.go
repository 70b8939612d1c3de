package intake_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"deductor/consumer/intake"
)

// diary keeps in which order chunks came and were said to be delivered.
type diary struct {
	mu     sync.Mutex
	events []string
}

func (d *diary) add(event string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, event)
}

func (d *diary) entries() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.events)
}

// What an answer brought is told to be there once, when all of it is: those who
// are woken by it find it together.
func TestDeliveredFollowsAllOfAnAnswer(t *testing.T) {
	t.Parallel()
	var d diary
	b := setup(t, 1, 3, func(c *intake.Config) {
		c.MaxWait = time.Minute // no answer comes that nothing was produced for
		c.Delivered = func() { d.add("delivered") }
	})
	client := b.client()
	blocked, goOn := make(chan struct{}), make(chan struct{})
	first := newReceiver(t, 0, true)
	first.onChunk = func() {
		d.add("chunk of 0")
		close(blocked)
		<-goOn
	}
	b.fetcher.Assign(0, intake.At(0), first)
	for partition := range int32(2) {
		r := newReceiver(t, 0, true)
		r.onChunk = func() { d.add(fmt.Sprintf("chunk of %d", partition+1)) }
		b.fetcher.Assign(partition+1, intake.At(0), r)
	}
	b.produce(client, 0, "a")
	<-blocked
	b.produce(client, 1, "b")
	b.produce(client, 2, "c")
	close(goOn)
	want := []string{"chunk of 0", "delivered", "chunk of 1", "chunk of 2", "delivered"}
	eventually(t, "all that was produced", func() bool { return len(d.entries()) >= len(want) })
	got := d.entries()
	slices.Sort(got[2:4]) // an answer has its partitions in any order
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
