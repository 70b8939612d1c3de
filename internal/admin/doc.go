// Package admin answers a worker's operators over HTTP.
//
//	GET /livez            200 while the process is alive; asks nobody
//	GET /readyz           200 when the worker can do its work; 503 and what it lacks otherwise
//	GET /readyz?verbose   the same, with every check in a line of its own
//	GET /debug/pprof/     profiles, when they are switched on
//
// and whatever is added to it ([Options.Routes]), such as GET /metrics.
//
// Answers are plain text. There is no authentication: listen on an address
// that only operators reach.
package admin
