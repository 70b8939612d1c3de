package demo

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"deductor/consumer/command"
)

func TestPlanIsThatOfItsSeed(t *testing.T) {
	t.Parallel()
	first, again, other := newPlan(t, 500, 200, 7), newPlan(t, 500, 200, 7), newPlan(t, 500, 200, 8)
	if !reflect.DeepEqual(first, again) {
		t.Error("the same seed made another plan")
	}
	if reflect.DeepEqual(first.messages, other.messages) {
		t.Error("another seed made the same messages")
	}
}

func TestPlanSendsWhatItSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		orders := rapid.IntRange(minOrders, 3000).Draw(t, "orders")
		duplicates := rapid.IntRange(0, 1000).Draw(t, "duplicates")
		p := newPlan(t, orders, duplicates, rapid.Uint64().Draw(t, "seed"))

		values := make(map[string]bool)
		byOrder := make(map[string]int)
		repeats, broken := 0, 0
		for _, m := range p.messages {
			if m.partition < 0 || m.partition >= partitionCount {
				t.Fatalf("partition %d", m.partition)
			}
			c, rejection := command.Decode(m.value)
			switch {
			case rejection != nil:
				if rejection.Reason != command.ReasonInvalidJSON {
					t.Fatalf("%s: %v", m.value, rejection)
				}
				broken++
			case values[string(m.value)]:
				repeats++
			default:
				byOrder[c.OrderID]++
			}
			values[string(m.value)] = true
		}
		conflicts := 0
		for _, copies := range byOrder {
			if copies == 2 {
				conflicts++
			}
		}
		if len(byOrder) != orders || repeats != duplicates || broken != 1 || conflicts != max(1, orders/ordersPerConflict) {
			t.Errorf("%d orders, %d repeats, %d broken, %d conflicts", len(byOrder), repeats, broken, conflicts)
		}
	})
}

// TestDuplicatesAreNearFarAndElsewhere looks whether duplicates come as they do
// in life.
func TestDuplicatesAreNearFarAndElsewhere(t *testing.T) {
	t.Parallel()
	p := newPlan(t, 10_000, 2500, 1)
	first := make(map[string]int)
	var near, far, here, elsewhere int
	for i, m := range p.messages {
		at, known := first[string(m.value)]
		if !known {
			first[string(m.value)] = i
			continue
		}
		if i-at < 30 {
			near++
		} else {
			far++
		}
		if p.messages[at].partition == m.partition {
			here++
		} else {
			elsewhere++
		}
	}
	for what, n := range map[string]int{"near": near, "far": far, "here": here, "elsewhere": elsewhere} {
		if n < 1000 {
			t.Errorf("%d of 2,500 duplicates are %s", n, what)
		}
	}
}

// newPlan fails the test when there can't be such a plan.
func newPlan(t interface {
	Helper()
	Fatal(args ...any)
}, orders, duplicates int, seed uint64) *Plan {
	t.Helper()
	p, err := NewPlan(orders, duplicates, seed)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
