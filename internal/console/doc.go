// Package console is the web page of those who operate Deductor: what the
// workers do, what became of an order, what an account holds, what was set
// aside, and whether the books balance.
//
// Pages are rendered here (html/template); scripts only refresh them, draw the
// plot and add local times, so that all reading works without. A filter is a
// URL. Nothing is written unless [Config.Write] says so.
//
// It reads the database and the brokers, not the worker beside it: all workers
// may be down. Its reads can't be in a worker's way: a pool of its own with few
// connections, read-only transactions, a limit on each statement and on each
// request, keys and indexes only, counts that stop at a bound. The one query
// that reads more, the audit, runs one at a time, when somebody asks for it.
package console
