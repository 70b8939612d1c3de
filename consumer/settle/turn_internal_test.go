package settle

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// patience is how long turns are waited for, where it is not the point.
const patience = time.Hour

// taking takes a turn in another goroutine, and tells when it was given.
func taking(t *testing.T, turns *Turns) (given <-chan func()) {
	t.Helper()
	got := make(chan func(), 1)
	go func() {
		giveBack, err := turns.take(t.Context(), patience)
		if err != nil {
			t.Error(err)
		}
		got <- giveBack
	}()
	synctest.Wait()
	return got
}

func TestTurnsAreTakenOneAfterTheOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := NewTurns()
		first := <-taking(t, turns)
		waiting := taking(t, turns)
		if len(waiting) != 0 {
			t.Fatal("two have the turn")
		}
		first()
		synctest.Wait()
		if len(waiting) != 1 {
			t.Fatal("nobody has the turn that was given back")
		}
		(<-waiting)()
	})
}

// Who keeps the turn for too long loses it, and no other one's when it is given back.
func TestTurnEndsWhenItIsOverdue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns, began := NewTurns(), time.Now()
		overdue := <-taking(t, turns)
		second := <-taking(t, turns)
		if took := time.Since(began); took != longestTurn {
			t.Errorf("the second had to wait for %v, want %v", took, longestTurn)
		}
		overdue()
		if waiting := taking(t, turns); len(waiting) != 0 {
			t.Fatal("what was given back was not the second one's turn")
		} else {
			second()
			(<-waiting)()
		}
	})
}

// Who lost patience goes on without the turn, and ends nobody's.
func TestTurnIsNotWaitedForWithoutEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns, began := NewTurns(), time.Now()
		occupied := turns.Occupy()
		without, err := turns.take(t.Context(), time.Second)
		if took := time.Since(began); err != nil || took != time.Second {
			t.Errorf("waited for %v, error %v; want %v and none", took, err, time.Second)
		}
		without()
		waiting := taking(t, turns)
		if len(waiting) != 0 {
			t.Fatal("who had no turn gave one back")
		}
		occupied()
		(<-waiting)()
	})
}

func TestTurnIsNotWaitedForAfterTheEnd(t *testing.T) {
	t.Parallel()
	turns := NewTurns()
	defer turns.Occupy()()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := turns.take(ctx, patience); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}
