package consumer

import (
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/consumer/settle"
)

// portionOf is a portion of so many orders, whose ids begin with the prefix.
func portionOf(prefix string, orders int) portion {
	p := portion{partition: &partition{}, end: int64(orders)}
	for i := range orders {
		value := order(fmt.Sprintf("%s-%d", prefix, i), "acct-0")
		p.records = append(p.records, &kgo.Record{Offset: int64(i), Value: []byte(value)})
	}
	return p
}

// A lane uses the memory of a batch's items again: each batch is decoded whole
// and by itself all the same, be it larger or smaller than the one before.
func TestLaneDecodesOneBatchAfterTheOther(t *testing.T) {
	t.Parallel()
	var l lane
	for batch, sizes := range [][]int{{3, 0, 5}, {1}, {40, 2}, {0}, {2, 2}} {
		var portions []portion
		for i, n := range sizes {
			portions = append(portions, portionOf(fmt.Sprintf("order-%d-%d", batch, i), n))
		}
		decoded := l.decode(portions)
		for i, n := range sizes {
			items := decoded[i].Items
			if len(items) != n || cap(items) != n {
				t.Fatalf("batch %d: %d items, room for %d, of %d records", batch, len(items), cap(items), n)
			}
			for j, item := range items {
				want := fmt.Sprintf("order-%d-%d-%d", batch, i, j)
				if item.Command.OrderID != want || item.Record != portions[i].records[j] || item.Rejection != nil {
					t.Fatalf("batch %d: item %d of slice %d is %+v, want %s", batch, j, i, item, want)
				}
			}
		}
		l.forget()
		for i := range decoded {
			for _, item := range decoded[i].Items {
				if item != (settle.Item{}) {
					t.Fatalf("batch %d: %+v is not forgotten", batch, item)
				}
			}
		}
	}
}

// What a lane settled can be freed when it rests.
func TestLaneKeepsNothingOfABatch(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1)
	b.kafka.Produce(t, 0, order("order-1", "acct-0"), order("order-2", "acct-1"))
	w := b.worker(t, "worker-1", nil)
	stop := start(t, w)
	b.awaitSettled(t)
	stop()
	settled := 0
	for _, l := range w.lanes.all {
		for _, item := range l.items[:cap(l.items)] {
			if settled++; item != (settle.Item{}) {
				t.Errorf("%s is still there", item.Command.OrderID)
			}
		}
	}
	if settled == 0 {
		t.Error("no lane has settled anything")
	}
}

func BenchmarkLaneDecode(b *testing.B) {
	const size = 1000
	portions := []portion{portionOf("order", size)}
	var l lane
	b.ReportAllocs()
	for b.Loop() {
		l.decode(portions)
		l.forget()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/size, "ns/record")
}
