package migrate

import (
	"fmt"
	"strings"
)

// MissingError is a database that lacks migrations of this binary, all of them
// when it is new. Run them.
type MissingError struct {
	Pending []Migration
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("the database lacks %s: run \"deductor migrate up\"", list(e.Pending))
}

// NewerError is a database with migrations that this binary does not know.
// Run a newer binary.
type NewerError struct {
	Unknown []Migration
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("this binary is older than the database's schema, which has %s: "+
		"run the version that made it, or a later one", list(e.Unknown))
}

// ForbiddenError is a role that may not read the schema's migrations. Give it
// the worker's grants.
type ForbiddenError struct {
	Role string
	Err  error // what the database said
}

func (e *ForbiddenError) Error() string {
	return fmt.Sprintf("role %q may not use the schema: grant it what \"deductor migrate sql --role %s\" prints: %v",
		e.Role, e.Role, e.Err)
}

// Unwrap returns what the database said.
func (e *ForbiddenError) Unwrap() error { return e.Err }

// ChangedError is a migration that ran with another text than this binary has
// for it: one of the two was edited, or they come from different builds.
// Nothing can be said about the schema until a person has compared them.
type ChangedError struct {
	Migration   Migration // as this binary has it
	RanChecksum string    // of the text that ran
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("migration %s ran with another text (SHA-256 %.12s…) than this binary's (%.12s…): "+
		"use the binary that ran it",
		e.Migration, e.RanChecksum, e.Migration.Checksum)
}

// EncodingError is a database that cannot hold all text. Create another with
// ENCODING 'UTF8'.
type EncodingError struct {
	Encoding string
}

func (e *EncodingError) Error() string {
	return fmt.Sprintf("the database's encoding is %s: ids and accounts are any Unicode text, "+
		"so create one with ENCODING 'UTF8'", e.Encoding)
}

func list(migrations []Migration) string {
	names := make([]string, len(migrations))
	for i, m := range migrations {
		names[i] = m.String()
	}
	return strings.Join(names, ", ")
}
