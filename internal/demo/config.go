package demo

import (
	"fmt"
	"io"
	"math/rand/v2"
)

// Bounds of a demo.
const (
	minOrders     = 10
	maxOrders     = 1_000_000
	maxDuplicates = 1_000_000
	minWorkers    = 2 // one of them is killed
)

// Config says what is shown.
type Config struct {
	// Orders is how many different orders are sent: 10 to 1,000,000.
	Orders int
	// Duplicates is how many of the records are a repeat: 0 to 1,000,000.
	Duplicates int
	// Seed makes the same orders again. Defaults to one that is made up.
	Seed uint64
	// Workers is how many processes share the work: 2 to 8.
	Workers int
	// Keep leaves everything running until the context ends.
	Keep bool
	// Executable is run as a worker, with the argument run.
	Executable string
	// Name is how a user runs this program, for the lines to go on with.
	Name string
	// Stdout gets the result, Stderr what happens on the way.
	Stdout, Stderr io.Writer
}

// Validate says which number can't be.
func (c *Config) Validate() error {
	for _, number := range []struct {
		name               string
		value, least, most int
	}{
		{"orders", c.Orders, minOrders, maxOrders},
		{"duplicates", c.Duplicates, 0, maxDuplicates},
		{"workers", c.Workers, minWorkers, partitionCount},
	} {
		if number.value < number.least || number.value > number.most {
			return fmt.Errorf("--%s is %d: it must be from %d to %d",
				number.name, number.value, number.least, number.most)
		}
	}
	return nil
}

// withSeed gives a configuration without a seed one that is easily typed.
func (c Config) withSeed() Config {
	if c.Seed == 0 {
		c.Seed = 1 + rand.Uint64N(999_999) //nolint:gosec // no secret: it is printed
	}
	return c
}
