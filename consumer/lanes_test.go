package consumer

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/intake"
)

// filled is a partition of which so many records are queued.
func filled(start int64, records int) *partition {
	p := &partition{stopped: make(chan error, 1)}
	p.queue.add(chunkOf(start, records))
	return p
}

func chunkOf(start int64, records int) *intake.Chunk {
	chunk := &intake.Chunk{Start: start, End: start + int64(records)}
	for i := range records {
		chunk.Records = append(chunk.Records, &kgo.Record{Offset: start + int64(i)})
	}
	return chunk
}

// While some of a partition is being settled, what comes after it waits: its
// order would be lost.
func TestPartitionIsInOneBatch(t *testing.T) {
	t.Parallel()
	l := newLanes(10)
	l.all = make([]*lane, 2)
	p, other := filled(0, 3), filled(0, 10)
	l.add(p)
	first := l.take(t.Context())
	p.queue.add(chunkOf(3, 2))
	l.add(other)
	second := l.take(t.Context())
	if second == nil || len(second.portions) != 1 || second.portions[0].partition != other {
		t.Fatalf("%v is taken while what comes before it is in hand, want the other partition alone", second)
	}
	for _, b := range []*batch{first, second} {
		b.portions[0].emptied = nil // no fetcher has it
		l.finish(b)
	}
	if third := l.take(t.Context()); third == nil || third.portions[0].start != 3 {
		t.Fatalf("afterwards %v was taken, want what begins at 3", third)
	}
}

// Little work is one transaction; what is left of much work is for the lanes
// that are free, unless there is none.
func TestLanesShareWhatIsQueued(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lanes   int
		records int // of each of four partitions
		batches []int
	}{
		"little":                 {2, enough / 8, []int{4}},
		"much":                   {2, enough, []int{1, 3}},
		"much, and more lanes":   {4, enough, []int{1, 1, 1, 1}},
		"more than a batch":      {2, 2*enough + enough/2, []int{1, 2}},
		"much for one lane":      {1, enough / 2, []int{4}},
		"all that a batch takes": {1, 2 * enough, []int{2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLanes(4 * enough)
			l.all = make([]*lane, test.lanes)
			for range 4 {
				l.add(filled(0, test.records))
			}
			for i, want := range test.batches {
				taken := l.take(t.Context())
				if taken == nil || len(taken.portions) != want {
					t.Fatalf("batch %d has %v, want %d partitions", i, taken, want)
				}
			}
		})
	}
}

// Few records wait for the transaction that runs, but not for long: it may be
// waiting itself.
func TestFewRecordsWaitForTheTransactionThatRuns(t *testing.T) {
	t.Parallel()
	l := newLanes(4 * enough)
	l.all = make([]*lane, 2)
	first, second := filled(0, 1), filled(0, enough-1)
	l.add(first)
	running := l.take(t.Context())
	l.add(second)
	select {
	case <-l.wake:
	default:
	}
	if taken := l.take(t.Context()); taken != nil {
		t.Fatalf("%d records are taken while a transaction has just begun", len(taken.portions[0].records))
	}
	select {
	case <-l.wake:
	case <-time.After(10 * time.Second):
		t.Fatal("no lane is woken although the transaction takes long")
	}
	if taken := l.take(t.Context()); taken == nil {
		t.Fatal("nothing is taken although the transaction takes long")
	}
	if since := time.Since(running.began); since < aWhile {
		t.Errorf("the other lane was woken after %s, want %s", since, aWhile)
	}
}

func TestManyRecordsWaitForNoTransaction(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ batchMax, records int }{
		"enough for a transaction": {4 * enough, enough},
		"as many as it may have":   {10, 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLanes(test.batchMax)
			l.all = make([]*lane, 2)
			l.add(filled(0, 1))
			l.take(t.Context())
			l.add(filled(0, test.records/2))
			l.add(filled(0, test.records/2))
			if l.take(t.Context()) == nil {
				t.Error("nothing is taken although much is queued")
			}
		})
	}
}
