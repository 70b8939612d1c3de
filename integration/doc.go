// Package integration holds the black-box tests: the built binary, Apache Kafka
// and Postgres in containers, and faults between them. It knows the program by
// its command line, its topic and its tables only.
//
// Each test has a topic, a group and a database of its own; one broker and one
// database server are shared by all. Tests that stop a shared server are not
// parallel, so that no other test runs meanwhile.
//
// With -pooler PATH the shared database is reached through PgBouncer in
// transaction mode, by workers and commands alike.
//
// Without a Docker engine nothing here runs; with DEDUCTOR_REQUIRE_DOCKER=1
// that is a failure.
package integration
