package embedded

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestRunAsChangesOneThread(t *testing.T) {
	t.Parallel()
	if !isRoot() {
		t.Skip("this process is not root: it cannot change users")
	}
	wanted := errors.New("told")
	for range 200 { // often enough to meet the main thread
		var id int
		var groups []int
		err := runAs(65533, 65532, func() error {
			id = syscall.Geteuid()
			groups, _ = syscall.Getgroups()
			return wanted
		})
		if id != 65533 || len(groups) > 0 || !errors.Is(err, wanted) {
			t.Fatalf("ran as user %d in the groups %v, error %v", id, groups, err)
		}
	}
	status, err := os.ReadFile("/proc/self/status") // the main thread's
	if err != nil || !strings.Contains(string(status), "Uid:\t0\t0\t0\t0") {
		t.Errorf("the process is not root any more, error %v:\n%s", err, status)
	}
}
