// Package crashpoint names the steps of a payment's way at which a process may
// die. In a build with the tag chaos the process kills itself at the step that
// DEDUCTOR_CRASH_AT names; in every other build, the release's, Reach does
// nothing and is compiled away.
package crashpoint

// Point is a step.
type Point string

// The steps, in the order of a payment's way.
const (
	// Fetched: records came from the broker, nothing was done with them.
	Fetched Point = "fetched"
	// FenceSent: the server was told to fence, lock and read; its answer is
	// still to be read.
	FenceSent Point = "fence-sent"
	// Locked: the fence moved, the accounts are locked.
	Locked Point = "locked"
	// Decided: all is decided, nothing is written.
	Decided Point = "decided"
	// CommitSent: rows and COMMIT are on their way, the answer is still to be
	// read.
	CommitSent Point = "commit-sent"
	// Committed: the database has committed, Kafka does not know.
	Committed Point = "committed"
	// OffsetCommitted: Kafka has the offset, too.
	OffsetCommitted Point = "offset-committed"
)
