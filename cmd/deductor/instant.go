package main

import (
	"fmt"
	"time"
)

// instant is a flag's time. It has a zone: without one, it could be any of two
// dozen times.
type instant time.Time

// Set implements [pflag.Value].
func (i *instant) Set(value string) error {
	at, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		return fmt.Errorf("%q is not a time with a zone, such as 2026-03-01T00:00:00Z or 2026-03-01T00:00:00+01:00", value)
	}
	*i = instant(at)
	return nil
}

// String implements [pflag.Value].
func (i *instant) String() string {
	if time.Time(*i).IsZero() {
		return ""
	}
	return time.Time(*i).Format(time.RFC3339Nano)
}

// Type implements [pflag.Value].
func (i *instant) Type() string { return "TIME" }
