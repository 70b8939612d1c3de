// Package letters works on sets of dead letters, one transaction after the
// other: it requeues, discards and exports them. The work in hand is finished
// when the context ends, and the report says how far it came.
package letters
