// Package progress shows people how far a longer work is: on a terminal one
// line that is written over, elsewhere a line now and then.
package progress
