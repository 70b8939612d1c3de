// Package bench measures what Deductor does a second on a Kafka and a Postgres,
// beside what Postgres does with the same rows and nothing else, and beside what
// others would write. All of it is measured in one invocation, in turns and more
// than once, so that a busy minute of the machine meets all parts alike.
//
// A part is never believed for its speed alone: after each run the ledger is
// audited, and a wrong one is a [*VoidError].
//
// Everything is done in topics, groups and schemas of its own, which are removed
// at the end, however that comes.
package bench
