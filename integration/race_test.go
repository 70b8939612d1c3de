//go:build race

package integration

// Under go test -race the binary is built with the race detector, too.
func init() { buildFlags = append(buildFlags, "-race") }
