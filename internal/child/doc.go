// Package child runs workers, this executable with the argument run, as processes
// of their own: for the demo and the benchmark.
package child
