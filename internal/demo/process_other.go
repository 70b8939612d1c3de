//go:build !linux

package demo

import "syscall"

// ownGroup keeps a terminal's interrupt from the worker, which is stopped in
// its turn.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
