// Package pgtest gives tests a real Postgres: one server a test process,
// started when the first test asks for it, and a fresh database a test.
//
// The server survives nothing (fsync is off) but commits as a real one does.
// A package whose tests use it has
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
//
// or, to look for goroutines that were left behind,
//
//	func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Tests{M: m}) }
package pgtest
