// Package metrics tells Prometheus what a worker does, at GET /metrics. The
// names and what they mean are in docs/reference/metrics.md, which is made from
// this package.
//
// What happens is counted as it happens (events), what is so is asked of the
// worker when it is scraped (state), and what only the database knows is read
// in the background (books): a scrape never waits for the database.
package metrics
