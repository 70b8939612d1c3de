package embedded

import (
	"fmt"
	"runtime"
	"syscall"
)

// runAs runs do on a thread of the user uid and the group gid, and no other
// groups; the files it makes and the processes it starts inherit them.
// Credentials are a thread's own in the kernel (credentials(7)), so the rest
// of this process stays root, and neither main nor TestMain has to run the
// binary once more.
func runAs(uid, gid int, do func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		if syscall.Gettid() == syscall.Getpid() {
			// The kernel takes the main thread's user for the process's. While
			// this goroutine holds that thread, the next one gets another.
			defer runtime.UnlockOSThread()
			done <- runAs(uid, gid, do)
			return
		}
		// Never unlocked: the thread ends with the goroutine.
		if err := becomeUser(uid, gid); err != nil {
			done <- fmt.Errorf("become user %d, for Postgres refuses root: %w", uid, err)
			return
		}
		done <- do()
	}()
	return <-done
}

// becomeUser is for the calling thread alone; package syscall's functions of
// these names change all threads.
func becomeUser(uid, gid int) error {
	u, g := uintptr(uid), uintptr(gid)
	for _, change := range []struct{ call, a, b, c uintptr }{
		{syscall.SYS_SETGROUPS, 0, 0, 0},
		{syscall.SYS_SETRESGID, g, g, g},
		{syscall.SYS_SETRESUID, u, u, u}, // last: it gives up the right to the others
	} {
		if _, _, errno := syscall.RawSyscall(change.call, change.a, change.b, change.c); errno != 0 {
			return errno
		}
	}
	return nil
}
