package config

import (
	"net"

	"github.com/spf13/pflag"
)

// Admin says where a worker answers its operators.
type Admin struct {
	// Addr is host:port.
	Addr string
}

// Bind defines the flag.
func (a *Admin) Bind(flags *pflag.FlagSet) {
	flags.StringVar(&a.Addr, "admin-addr", "127.0.0.1:8321", "`HOST:PORT` of /livez and /readyz")
	required(flags, "admin-addr")
}

// Validate refuses what is no address, with an [*InvalidError].
func (a *Admin) Validate() error {
	if _, _, err := net.SplitHostPort(a.Addr); a.Addr != "" && err != nil {
		return &InvalidError{Flag: "admin-addr", Err: err}
	}
	return nil
}
