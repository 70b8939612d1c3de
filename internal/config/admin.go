package config

import (
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/spf13/pflag"
)

// Admin says where a worker answers its operators.
type Admin struct {
	// Addr is host:port.
	Addr string
	// Pprof serves profiles there. Defaults to off.
	Pprof bool
}

// Bind defines the flag of the address.
func (a *Admin) Bind(flags *pflag.FlagSet) {
	flags.StringVar(&a.Addr, "admin-addr", "127.0.0.1:8321", "`HOST:PORT` of /livez, /readyz and /metrics")
	required(flags, "admin-addr")
}

// BindServed defines the flags of what is served there.
func (a *Admin) BindServed(flags *pflag.FlagSet) {
	flags.BoolVar(&a.Pprof, "pprof", false, "serve profiles of the process at /debug/pprof/ of the admin address")
	optional(flags, "pprof")
}

// Validate refuses what is no address, with an [*InvalidError].
func (a *Admin) Validate() error {
	if a.Addr == "" {
		return nil
	}
	if err := checkAddress(a.Addr); err != nil {
		return &InvalidError{Flag: "admin-addr", Err: err}
	}
	return nil
}

// checkAddress refuses what nobody could listen on, or ask.
func checkAddress(address string) error {
	_, port, err := net.SplitHostPort(address)
	var wrong *net.AddrError // its text has the address as it is, which is quoted already
	if errors.As(err, &wrong) {
		return fmt.Errorf("%q is not host:port: %s", address, wrong.Err)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%q is not host:port: its port %q is not a number from 0 to 65535", address, port)
	}
	return nil
}
