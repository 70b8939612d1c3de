// Package demo shows, and proves, what the worker does: it runs real worker
// processes on an in-process broker and a Postgres of its own, sends orders
// more than once, kills a worker midway, and compares what the database then
// says with what must come out.
//
// A [Plan] is made up from a seed before anything is sent. It knows what was
// sent and nothing of how it was processed; everything in it is such that the
// outcome does not depend on the order in which records of different
// partitions are read. The one exception, which of two conflicting copies of an
// order comes first, is left open: either may win.
package demo
