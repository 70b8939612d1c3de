package bench

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"deductor/internal/pgtest"
)

func TestStatIsReadWhateverTheName(t *testing.T) {
	t.Parallel()
	const rest = " S 7 1 1 0 -1 4194560 100 200 0 0 50 25 10 5 20 0 1 0 100 0 0"
	for _, name := range []string{"postgres", "a) b (c", "java"} {
		got, ok := parseStat("42 (" + name + ")" + rest)
		want := stat{pid: 42, parent: 7, name: name, cpu: 900 * time.Millisecond}
		if !ok || got != want {
			t.Errorf("%q: %+v, %v", name, got, ok)
		}
	}
	for _, line := range []string{"", "42", "42 (postgres", "42 (postgres) S 7", "x (postgres)" + rest} {
		if got, ok := parseStat(line); ok {
			t.Errorf("%q is read as %+v", line, got)
		}
	}
}

func TestUsageCountsWhoWasThere(t *testing.T) {
	t.Parallel()
	before := usage{1: time.Second, 2: 10 * time.Second}
	after := usage{1: 3 * time.Second, 3: 5 * time.Second} // 2 has ended, 3 is new
	if got := after.since(before); got != 2*time.Second {
		t.Errorf("%v were used, want 2s", got)
	}
	if got := perMillion(before, usage{}, 1); got != nil {
		t.Errorf("%v of servers that are not there", *got)
	}
}

func TestPostmasterIsThatOfAllSessions(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		return // nothing is known there, which the report says
	}
	db := pgtest.New(t)
	first, second := pgtest.Conn(t, db.URL), pgtest.Conn(t, db.URL)
	sessions := []int{int(first.PgConn().PID()), int(second.PgConn().PID())}
	root := postmaster(processes(), sessions)
	parent := 0
	for _, p := range processes() {
		if p.pid == sessions[0] {
			parent = p.parent
		}
	}
	if root == 0 || root != parent {
		t.Errorf("the postmaster is %d, want %d", root, parent)
	}
	if got := postmaster(processes(), append(sessions, os.Getpid())); got != 0 {
		t.Errorf("%d is taken for the server of a session that it does not have", got)
	}
	before := serverUsage(processes(), root)
	const busy = "SELECT sum(sqrt(n)) FROM generate_series(1, 2000000) AS n"
	if _, err := first.Exec(t.Context(), busy); err != nil {
		t.Fatal(err)
	}
	if used := serverUsage(processes(), root).since(before); used < 20*time.Millisecond {
		t.Errorf("a busy query used %v", used)
	}
}

func TestPeakMemoryIsTheProcessesOwn(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		return
	}
	ballast := make([]byte, 64<<20)
	for i := range ballast {
		ballast[i] = 1
	}
	sleep := exec.Command("sleep", "60")
	if err := sleep.Start(); err != nil {
		t.Fatal(err)
	}
	peak, own := peakMemory(sleep.Process.Pid), peakMemory(os.Getpid())
	_ = sleep.Process.Kill()
	_ = sleep.Wait()
	runtime.KeepAlive(ballast)
	if peak == nil || *peak > 32<<20 || own == nil || *own < 64<<20 {
		t.Errorf("the child's peak is %v, this process's %v", peak, own)
	}
	if gone := peakMemory(sleep.Process.Pid); gone != nil {
		t.Errorf("a process that has ended has a peak: %v", *gone)
	}
}
