//go:build chaos

package crashpoint

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// armed is where to die: DEDUCTOR_CRASH_AT is a point, or point:n for the n-th
// time that it is reached.
var armed, count = parse(os.Getenv("DEDUCTOR_CRASH_AT"))

var reached atomic.Int64

func parse(setting string) (Point, int64) {
	name, times, _ := strings.Cut(setting, ":")
	n, err := strconv.ParseInt(times, 10, 64)
	if err != nil {
		n = 1
	}
	return Point(name), n
}

// Reach kills the process with SIGKILL, as a machine that loses power ends it,
// if this is the point to die at.
func Reach(p Point) {
	if p != armed || reached.Add(1) != count {
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // not one more step
}
