package bench

import (
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"deductor/consumer/command"
)

func made(t *testing.T, s shape, count int, seed uint64) (all []command.Command, w *workload) {
	t.Helper()
	w = newWorkload(&Config{Accounts: 100}, s, count, seed)
	if err := w.Validate(); err != nil {
		t.Fatal(err)
	}
	return slices.Collect(w.Commands()), w
}

func TestWorkloadIsThatOfItsSeed(t *testing.T) {
	t.Parallel()
	first, _ := made(t, shape{duplicates: 0.2}, 500, 3)
	again, _ := made(t, shape{duplicates: 0.2}, 500, 3)
	other, _ := made(t, shape{duplicates: 0.2}, 500, 4)
	if !slices.Equal(first, again) {
		t.Error("the same seed made other commands")
	}
	if slices.Equal(first, other) {
		t.Error("another seed made the same commands")
	}
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-([47])[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestOrderIDs(t *testing.T) {
	t.Parallel()
	for version, s := range map[string]shape{"4": {}, "7": {timeOrdered: true}} {
		all, _ := made(t, s, 2000, 1)
		ids := make(map[string]bool)
		rising := 0
		for i, c := range all {
			ids[c.OrderID] = true
			if found := uuid.FindStringSubmatch(c.OrderID); found == nil || found[1] != version {
				t.Fatalf("%s is no UUID of version %s", c.OrderID, version)
			}
			if i >= ordersPerMillisecond && c.OrderID > all[i-ordersPerMillisecond].OrderID {
				rising++
			}
		}
		if len(ids) != len(all) {
			t.Errorf("version %s: %d ids of %d orders", version, len(ids), len(all))
		}
		if always := rising == len(all)-ordersPerMillisecond; always != s.timeOrdered {
			t.Errorf("version %s: %d of %d ids are above those of a millisecond before", version, rising, len(all))
		}
	}
}

func TestShapesOfAccounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		shape
		debtors, creditors int
	}{
		{shape{}, 100, 1}, {shape{accounts: single}, 1, 1}, {shape{merchants: 20}, 100, 20},
	} {
		all, _ := made(t, c.shape, 5000, 1)
		debtors, creditors := make(map[string]bool), make(map[string]bool)
		for _, command := range all {
			debtors[command.Account], creditors[command.CreditAccount] = true, true
		}
		if len(debtors) != c.debtors || len(creditors) != c.creditors {
			t.Errorf("%+v: %d debtors, %d creditors", c.shape, len(debtors), len(creditors))
		}
	}
}

func TestZipf(t *testing.T) {
	t.Parallel()
	const n, draws = 1000, 200_000
	z, rng := newZipf(n), rand.New(rand.NewPCG(1, 2))
	counts := make([]float64, n)
	for range draws {
		counts[z.draw(rng)]++
	}
	harmonic := 0.0
	for i := range n {
		harmonic += 1 / float64(i+1)
	}
	for _, k := range []int{0, 1, 9, 99} {
		want := draws / harmonic / float64(k+1)
		if deviation := math.Abs(counts[k]-want) / math.Sqrt(want); deviation > 5 {
			t.Errorf("number %d was drawn %v times, want about %.0f", k, counts[k], want)
		}
	}
	if one := newZipf(1); one.draw(rng) != 0 {
		t.Error("of one number another one was drawn")
	}
}

func TestValuesHaveTheirSize(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 200, 2000} {
		all, w := made(t, shape{valueBytes: size}, 50, 1)
		for _, c := range all {
			value, err := w.encode(c)
			if err != nil || size > 0 && len(value) != size || size == 0 && len(value) > 199 {
				t.Fatalf("%d bytes of %d, error %v", len(value), size, err)
			}
			if got, rejection := command.Decode(value); rejection != nil || got.OrderID != c.OrderID || got.Amount != c.Amount {
				t.Fatalf("%s is read as %+v (%v)", strings.ReplaceAll(string(value), "xxxx", ""), got, rejection)
			}
		}
	}
}
