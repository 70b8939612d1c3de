package intake

import "testing"

func TestGrowth(t *testing.T) {
	t.Parallel()
	g := firstGrowth(0)
	steps := []struct {
		read, bytes int
		want        int // to be asked for, for 1,000 bytes of memory
	}{
		{0, 0, 333},      // what it is at first, and an answer without records changes nothing
		{10, 100, 100},   // more than was expected is believed at once
		{10, 60, 111},    // less is, bit by bit
		{10, 60, 121},    //
		{10, 5, 158},     //
		{10, 500, 20},    //
		{1, 0, 26},       // all of them were aborted
		{100, 10000, 10}, //
	}
	for i, step := range steps {
		g.learn(step.read, step.bytes)
		if got := g.ask(1000); got != step.want {
			t.Errorf("after step %d, %d bytes are asked for, want %d", i, got, step.want)
		}
	}
	if g := firstGrowth(700); g.ask(1000) != 100 {
		t.Errorf("%d bytes are asked for at first, want 100: records take 700 bytes of their receiver, too", g.ask(1000))
	}
	for range 100 {
		g.learn(1000, 10)
	}
	if got := g.ask(1000); got != 1000 {
		t.Errorf("%d bytes are asked for, want 1000: records never take less than their bytes in the answer", got)
	}
}
