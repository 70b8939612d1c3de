// Package produce puts payment commands into a topic: from a file, or made up
// for demonstrations and measurements.
package produce
