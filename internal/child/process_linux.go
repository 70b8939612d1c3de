package child

import "syscall"

// ownGroup keeps a terminal's interrupt from the worker, which is stopped in
// its turn. A worker goes with this process, even if that is killed
// (PR_SET_PDEATHSIG, prctl(2)).
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
