package bench

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"deductor/internal/config"
)

// The parts, in the order in which they are told.
const (
	partFloor     = "floor"
	partEndToEnd  = "end_to_end"
	partReplay    = "replay"
	partBatched   = "batched"
	partNaive     = "naive"
	partLatency   = "latency"
	partRebalance = "rebalance"
	partShapes    = "shapes"
)

// Parts are the names of what is measured; shapes, which takes long, only when
// it is asked for.
func Parts() []string {
	return []string{partFloor, partEndToEnd, partReplay, partBatched, partNaive, partLatency, partRebalance}
}

// Config says what is measured, and where.
type Config struct {
	// Kafka is where the brokers are; its topic is not used.
	Kafka config.Kafka
	// Database is where Postgres is.
	Database config.Database
	// Embedded starts a broker and a Postgres instead.
	Embedded bool
	// Settings are the environment by which workers find the brokers.
	Settings []string
	// Executable is run as a worker, with the argument run.
	Executable string

	// Only names the parts. Defaults to all.
	Only []string
	// Shapes measures other shapes of the work, too.
	Shapes bool
	// DedupeRows is how many orders are known beforehand in two of the shapes,
	// which is left out when it is 0.
	DedupeRows int64
	// Commands is how many a topic is filled with.
	Commands int
	// Accounts is how many are debited. Defaults to a tenth of Commands.
	Accounts int
	// Partitions is how many a topic has.
	Partitions int
	// Runs is how often each part is measured.
	Runs int
	// Seed makes the same commands again. Defaults to one that is made up.
	Seed uint64
	// Lanes and BatchMax are the workers'. The floor has as many connections,
	// and batches as large.
	Lanes, BatchMax int
	// LatencyDuration is how long each rate is held.
	LatencyDuration time.Duration

	// Progress gets what happens on the way.
	Progress io.Writer
}

// Validate says which setting can't be.
func (c *Config) Validate() error {
	var missing []string
	if len(c.Kafka.Brokers) == 0 {
		missing = append(missing, "kafka-brokers")
	}
	if c.Database.URL == "" {
		missing = append(missing, "database-url")
	}
	if missing != nil && !c.Embedded {
		return fmt.Errorf("%w; or give --embedded", &config.MissingError{Flags: missing})
	}
	for _, number := range []struct {
		name               string
		value, least, most int64
	}{
		{"commands", int64(c.Commands), 100, 1_000_000_000},
		{"accounts", int64(c.Accounts), 0, 100_000_000},
		{"partitions", int64(c.Partitions), 1, 1000},
		{"runs", int64(c.Runs), 1, 1000},
		{"lanes", int64(c.Lanes), 1, 1000},
		{"batch-max", int64(c.BatchMax), 1, 10_000},
		{"dedupe-rows", c.DedupeRows, 0, 10_000_000_000},
	} {
		if number.value < number.least || number.value > number.most {
			return fmt.Errorf("--%s is %d: it must be from %d to %d",
				number.name, number.value, number.least, number.most)
		}
	}
	if c.LatencyDuration < 100*time.Millisecond {
		return fmt.Errorf("--latency-duration is %v: it must be at least 100ms", c.LatencyDuration)
	}
	for _, name := range c.Only {
		if parts := append(Parts(), partShapes); !slices.Contains(parts, name) {
			return fmt.Errorf("--only has %q: the parts are %s", name, strings.Join(parts, ", "))
		}
	}
	return nil
}

// withDefaults returns the configuration with what is left to be chosen.
func (c Config) withDefaults() Config {
	if c.Seed == 0 {
		c.Seed = 1 + rand.Uint64N(999_999) //nolint:gosec // no secret: it is printed
	}
	if c.Accounts == 0 {
		c.Accounts = max(1, c.Commands/10)
	}
	c.Shapes = c.Shapes || slices.Contains(c.Only, partShapes)
	return c
}

// has tells whether the part was asked for.
func (c *Config) has(part string) bool {
	return len(c.Only) == 0 || slices.Contains(c.Only, part)
}
