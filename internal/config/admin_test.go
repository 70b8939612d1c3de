package config

import (
	"errors"
	"testing"
)

func TestAdminAddress(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"", ":0", ":8321", "localhost:8321", "[::1]:8321", "0.0.0.0:65535"} {
		if err := (&Admin{Addr: addr}).Validate(); err != nil {
			t.Errorf("%q: %v", addr, err)
		}
	}
	for addr, said := range map[string]string{
		"8321":       `"8321" is not host:port: missing port in address`,
		"::1:8321":   `"::1:8321" is not host:port: too many colons in address`,
		"host:65536": `"host:65536" is not host:port: its port "65536" is not a number from 0 to 65535`,
		"host:":      `"host:" is not host:port: its port "" is not a number from 0 to 65535`,
		"host:-1":    `"host:-1" is not host:port: its port "-1" is not a number from 0 to 65535`,
		"host:http":  `"host:http" is not host:port: its port "http" is not a number from 0 to 65535`,
	} {
		err := (&Admin{Addr: addr}).Validate()
		var invalid *InvalidError
		if !errors.As(err, &invalid) || invalid.Flag != "admin-addr" || invalid.Err.Error() != said {
			t.Errorf("%q: it says %v, want %s", addr, err, said)
		}
	}
}
