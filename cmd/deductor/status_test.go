package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"deductor/internal/partitions"
)

func TestStatusWatch(t *testing.T) {
	t.Parallel()
	env, _, db := testEnv(t)
	watched := startCommand(t, env, "", "status", "--watch", "--interval", "50ms", "-o", "json")
	look := func(nth int) (s status) {
		eventually(t, func() string {
			lines := strings.Split(watched.stdout.String(), "\n")
			if len(lines) <= nth+1 {
				return fmt.Sprintf("it wrote %d lines: %s", len(lines)-1, watched.stderr.String())
			}
			if err := json.Unmarshal([]byte(lines[nth]), &s); err != nil {
				t.Fatal(err)
			}
			return ""
		})
		return s
	}
	if first := look(0); first.RecordsPerSecond != nil || first.Topic == "" || first.DeadLetters == nil {
		t.Errorf("at first: %+v", first)
	}
	if second := look(1); second.RecordsPerSecond == nil || *second.RecordsPerSecond != 0 {
		t.Errorf("then: %+v", second)
	}
	// The database has another schema for a while: as good as gone.
	rename := func(from, to string) {
		if _, err := db.Pool.Exec(t.Context(), "ALTER TABLE "+from+" RENAME TO "+to); err != nil {
			t.Fatal(err)
		}
	}
	rename("dead_letter", "gone")
	eventually(t, func() string {
		if !strings.Contains(watched.stderr.String(), "; trying again") {
			return "it says nothing of the trouble"
		}
		return ""
	})
	rename("gone", "dead_letter")
	look(strings.Count(watched.stdout.String(), "\n") + 1)
	watched.stop()
	watched.wait(t).expect(t, exitOK)
}

func TestStatusWatchUsage(t *testing.T) {
	t.Parallel()
	env, _, _ := testEnv(t)
	runCommand(t, env, "", "status", "--watch", "--interval", "0s").expect(t, exitUsage, "--interval 0s is not above zero")
}

func TestNextCommands(t *testing.T) {
	t.Parallel()
	s := &status{
		Partitions: []partitions.State{{State: partitions.OK}, {Partition: 1, State: "halted: offset_gap: 3 is missing"},
			{Partition: 2, State: "halted: watermark_missing: x"}},
		DeadLetters:  []openLettersView{{Reason: "invalid_json", Count: 2, Oldest: 1}},
		TrialBalance: []totalsView{{Currency: "EUR", DifferenceMinor: "0"}, {Currency: "USD", DifferenceMinor: "-1"}},
	}
	want := "deductor partition skip --partition 1 --reason '…'; deductor partition adopt --partition 2 --reason '…'; " +
		"deductor deadletter list --code invalid_json; deductor audit"
	if got := strings.Join(nextCommands(s), "; "); got != want {
		t.Errorf("next is\n%s, want\n%s", got, want)
	}
}

func TestSettledRate(t *testing.T) {
	t.Parallel()
	at := func(seconds int, marks ...int64) *status {
		s := &status{At: time.Unix(int64(seconds), 0)}
		for i := range marks {
			s.Partitions = append(s.Partitions, partitions.State{Partition: int32(i), Watermark: &marks[i]})
		}
		return s
	}
	if got := settledRate(at(0, 100, 50), at(4, 180, 70)); got == nil || *got != 25 {
		t.Errorf("the rate is %v, want 25", got)
	}
}
