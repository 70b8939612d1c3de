package bench

import (
	"syscall"
	"time"
)

// pause sleeps for less than a millisecond, too, which [time.Sleep] may not do:
// an idle Go process waits in epoll_wait(2), whose time is in milliseconds.
func pause(d time.Duration) {
	if d <= 0 {
		return
	}
	length := syscall.NsecToTimespec(d.Nanoseconds())
	_ = syscall.Nanosleep(&length, nil) // a signal may end it early
}
