package admin

import (
	"net/http"
	"net/http/pprof" //nolint:gosec // what it adds to http.DefaultServeMux is never served
)

// mountProfiles adds what go tool pprof asks for. The named profiles (heap,
// goroutine and others) are the index's. The command line is left out: a secret
// may stand in it.
func mountProfiles(mux *http.ServeMux) {
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
}
