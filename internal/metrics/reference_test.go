package metrics

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

//go:generate go test -run TestReference -update .

var update = flag.Bool("update", false, "write docs/reference/metrics.md")

const referenceFile = "../../docs/reference/metrics.md"

var goVersion = runtime.Version()

// TestReference fails when the page doesn't say what is told.
func TestReference(t *testing.T) {
	t.Parallel()
	want := reference()
	if *update {
		if err := os.WriteFile(referenceFile, []byte(want), 0o644); err != nil { //nolint:gosec // it is public
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale: run go generate ./internal/metrics", referenceFile)
	}
}

func reference() string {
	var page strings.Builder
	page.WriteString(head)
	for _, d := range definitions {
		said := strings.TrimSpace(d.help + " " + d.note)
		fmt.Fprintf(&page, "| `%s` | %s | %s | %s |\n", d.name, d.kind, d.column(), strings.ReplaceAll(said, "|", `\|`))
	}
	page.WriteString(foot)
	return page.String()
}

const head = "# Metrics\n\n<!-- Written by go generate ./internal/metrics from the metrics themselves. -->\n\n" +
	"A worker tells Prometheus what it does at `GET /metrics` of its admin address (`--admin-addr`). " +
	"`group` and `topic` are what it reads. Counters begin at 0 with the worker; those of what may happen are " +
	"there from the start.\n\n" +
	"| Metric | Type | Labels | |\n| --- | --- | --- | --- |\n"

const foot = "\nThose of [Go](https://pkg.go.dev/github.com/prometheus/client_golang/prometheus/collectors) " +
	"(`go_…`, `process_…`) are there, too.\n\n" +
	"A scrape never waits for the database or for Kafka: it tells what the worker knows. A partition that is given to " +
	"another worker is gone from the next scrape on.\n\n" +
	"`deductor_dead_letters_open` and `deductor_trial_balance_minor_units` are read from the database in the " +
	"background. They are the same for all workers: take the maximum, not the sum. While the database can't be read " +
	"they stand still; `deductor_books_checked_timestamp_seconds` says since when.\n\n" +
	"The trial balance reads each account once, without locks: the statement is a scan of `account`, on one core " +
	"(no parallel workers). It is read every minute; when it takes longer than three seconds, after 20 times " +
	"as long as it took, so that each worker's reading takes 5 % of one core at most. After 45 seconds a reading is " +
	"given up, and tried again 15 minutes later. So the time between two readings is 16 minutes at most: alert when " +
	"`deductor_books_checked_timestamp_seconds` is older than half an hour.\n"
