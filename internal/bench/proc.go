package bench

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// userHZ is how many ticks of /proc/PID/stat a second has on Linux (proc(5)).
const userHZ = 100

// stat is what /proc/PID/stat says of a process, those of its children that it
// has waited for included: a session's time counts on after it has ended.
type stat struct {
	pid, parent int
	name        string
	cpu         time.Duration
}

// processes are those of this machine, in whatever container; none where there
// is no /proc.
func processes() (all []stat) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is a good one
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // one of /proc
		if err != nil {
			continue // it has ended
		}
		if s, ok := parseStat(string(text)); ok {
			all = append(all, s)
		}
	}
	return all
}

// parseStat reads a line of /proc/PID/stat (proc(5)). The name may hold spaces
// and parentheses.
func parseStat(line string) (s stat, ok bool) {
	open, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return s, false
	}
	s.name = line[open+1 : end]
	fields := strings.Fields(line[end+1:]) // from the third on
	if len(fields) < 15 {
		return s, false
	}
	var err error
	if s.pid, err = strconv.Atoi(strings.TrimSpace(line[:open])); err != nil {
		return s, false
	}
	if s.parent, err = strconv.Atoi(fields[1]); err != nil {
		return s, false
	}
	for _, field := range fields[11:15] { // utime, stime, cutime, cstime
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return s, false
		}
		s.cpu += time.Duration(ticks) * (time.Second / userHZ)
	}
	return s, true
}

// statusLine is what /proc/PID/status says under a name; "" when it says nothing.
func statusLine(pid int, name string) string {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, name+":"); found {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// peakMemory is the most memory that a running process ever had resident, in
// bytes; nil when it is not known. What a process says at its end (ru_maxrss)
// would not do: on Linux it is never below what its parent had when it started it.
func peakMemory(pid int) *float64 {
	value, found := strings.CutSuffix(statusLine(pid, "VmHWM"), " kB")
	kilobytes, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if !found || err != nil {
		return nil
	}
	peak := kilobytes * 1024
	return &peak
}

// postmaster finds the process that all the given sessions belong to, by the ids
// that they have where they run, which may be a container; 0 when it is not on
// this machine.
func postmaster(all []stat, sessions []int) int {
	has := make(map[int]map[int]bool) // sessions, by parent
	for _, p := range all {
		if !strings.HasPrefix(p.name, "postgres") {
			continue
		}
		ids := strings.Fields(statusLine(p.pid, "NSpid"))
		if len(ids) == 0 {
			continue
		}
		inner, err := strconv.Atoi(ids[len(ids)-1])
		if err != nil || !slices.Contains(sessions, inner) {
			continue
		}
		if has[p.parent] == nil {
			has[p.parent] = make(map[int]bool)
		}
		has[p.parent][inner] = true
	}
	found := 0
	for parent, its := range has {
		switch {
		case len(its) < len(sessions):
		case found != 0:
			return 0 // two servers look alike: say nothing rather than something wrong
		default:
			found = parent
		}
	}
	return found
}

// usage is what processes have used, by their ids.
type usage map[int]time.Duration

// since is what was used after the earlier reading by those that were there.
func (u usage) since(before usage) (sum time.Duration) {
	for pid, cpu := range u {
		if earlier, known := before[pid]; known {
			sum += cpu - earlier
		}
	}
	return sum
}

// serverUsage is that of a postmaster, which has that of the sessions that have
// ended, and of its children. What a session used before it was seen first counts
// when it has ended.
func serverUsage(all []stat, root int) usage {
	var sum time.Duration
	for _, p := range all {
		if p.pid == root || p.parent == root {
			sum += p.cpu
		}
	}
	return usage{root: sum}
}

// brokerUsage is that of all Kafka brokers of this machine: a client can't tell
// which of them is which.
func brokerUsage(all []stat) usage {
	found := make(usage)
	for _, p := range all {
		if p.name != "java" {
			continue
		}
		command, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.pid), "cmdline"))
		if err == nil && bytes.Contains(command, []byte("kafka.Kafka")) {
			found[p.pid] = p.cpu
		}
	}
	return found
}
