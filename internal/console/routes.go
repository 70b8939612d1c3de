package console

import "net/http"

func (c *Console) routes() http.Handler {
	mux := http.NewServeMux()
	get := func(path string, handler http.HandlerFunc) { mux.HandleFunc("GET "+Prefix+path, handler) }
	post := func(path string, handler http.HandlerFunc) { mux.HandleFunc("POST "+Prefix+path, handler) }
	get("/{$}", c.page("overview", "overview", c.overview))
	get("/overview/now", limited(c.overviewNow, pageTimeout))
	get("/overview/series", c.serveSeries)
	get("/partitions", c.page("partitions", "partitions", c.partitions))
	get("/partitions/{id}", c.page("partition", "partitions", c.partition))
	get("/orders", c.page("orders", "orders", c.orders))
	get("/accounts", c.page("accounts", "accounts", c.accounts))
	get("/accounts/show", c.page("account", "accounts", c.account))
	get("/dead-letters", c.page("letters", "letters", c.deadLetters))
	get("/dead-letters/{id}", c.page("letter", "letters", c.deadLetter))
	get("/dead-letters/{id}/value", limited(c.serveValue, pageTimeout))
	get("/dead-letters/{action}/confirm", unhurried(c.confirm, rehearsalTimeout))
	post("/dead-letters/{action}", unhurried(c.resolve, actionWait))
	get("/replays", c.page("replays", "replays", c.replays))
	get("/replays/{id}", c.page("replay", "replays", c.replay))
	get("/replays/{id}/now", limited(c.replayNow, pageTimeout))
	post("/replays/plan", unhurried(c.plan, planTimeout))
	post("/replays/apply", unhurried(c.apply, actionWait))
	get("/audit", c.page("audit", "audit", c.auditPage))
	post("/audit", unhurried(c.audit, auditTimeout))
	get("/assets/{name}", serveAsset)
	mux.HandleFunc(Prefix+"/", func(w http.ResponseWriter, r *http.Request) {
		c.fail(w, r, &pageError{http.StatusNotFound, "There is no such page", "The menu has all there are."})
	})
	return mux
}
