//go:build !linux

package child

import "syscall"

// ownGroup keeps a terminal's interrupt from the worker, which is stopped in
// its turn.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
