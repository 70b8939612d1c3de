package admin

import (
	"net/http"

	"deductor/consumer"
)

// Options say what a server answers beside /livez.
type Options struct {
	// Checks are asked for at each request to /readyz, from any goroutine.
	// Required.
	Checks func() []consumer.Check
	// Pprof mounts the profiles of net/http/pprof under /debug/pprof/. Defaults
	// to off: they tell what is in memory, and cost time to make.
	Pprof bool
	// Routes are further handlers, by their patterns of [http.ServeMux]: "GET
	// /metrics", "/console/". Defaults to none.
	Routes map[string]http.Handler
}

func (o *Options) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, "ok\n")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		status, text := readiness(o.Checks(), r.URL.Query().Has("verbose"))
		answer(w, status, text)
	})
	if o.Pprof {
		mountProfiles(mux)
	}
	for pattern, handler := range o.Routes {
		mux.Handle(pattern, handler)
	}
	return mux
}
