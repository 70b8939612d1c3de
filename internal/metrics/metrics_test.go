package metrics

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/twmb/franz-go/pkg/kgo"

	"deductor/internal/schematest"
)

func TestQueries(t *testing.T) { schematest.Embedded(t) }

// What is known to have happened is what is told, and all is settled, whatever
// markers follow.
func TestMetricsOfAWorker(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 2)
	b.kafka.Produce(t, 0, pay("o-1", "alice", 600), pay("o-2", "alice", 600), pay("o-3", "nobody", 1),
		pay("o-1", "alice", 600), pay("o-1", "alice", 601), "?", "!")
	b.kafka.ProduceCommitted(t, 1, pay("o-4", "alice", 1))
	b.kafka.ProduceAborted(t, 1, pay("o-5", "alice", 1), pay("o-6", "alice", 1))
	b.await(map[string]float64{
		`ready{}`: 0, `database_up{}`: 0, `partitions_assigned{}`: 0, `rebalances_total{}`: 0, `commits_unknown_total{}`: 0,
		`commands_total{outcome="applied"}`: 0, `commands_total{outcome="duplicate"}`: 0,
		`commands_total{outcome="dead_letter",reason="order_conflict"}`: 0,
		`commands_total{outcome="declined",reason="account_closed"}`:    0,
		`transaction_retries_total{sqlstate="40P01"}`:                   0, `halts_total{reason="retention_gap"}`: 0,
		`build_info{go_version="` + goVersion + `",version="v1"}`: 1,
	})
	b.start()
	b.await(map[string]float64{
		`ready{}`: 1, `database_up{}`: 1, `partitions_assigned{}`: 2, `rebalances_total{}`: 1,
		`commands_total{outcome="applied"}`: 2, `commands_total{outcome="duplicate"}`: 1,
		`commands_total{outcome="declined",reason="insufficient_funds"}`: 1,
		`commands_total{outcome="declined",reason="account_not_found"}`:  1,
		`commands_total{outcome="dead_letter",reason="order_conflict"}`:  1,
		`commands_total{outcome="dead_letter",reason="invalid_json"}`:    2,
		`command_latency_seconds{}`:                                      4,
		`watermark_rewinds_total{partition="0"}`:                         0,
		`partition_lag_records{partition="0"}`:                           0, `partition_lag_records{partition="1"}`: 0,
		`partition_lag_seconds{partition="0"}`: 0, `partition_lag_seconds{partition="1"}`: 0,
		`partition_stalled_seconds{partition="1"}`: 0,
		`partition_position_offset{partition="0"}`: 7, `partition_position_offset{partition="1"}`: 5,
		`partition_committed_offset{partition="0"}`: 7, `partition_committed_offset{partition="1"}`: 5,
		`partition_end_offset{partition="0"}`: 7, `partition_end_offset{partition="1"}`: 5,
		`trial_balance_minor_units{currency="USD"}`: 0,
	})
	got := b.values()
	batches := got[`batch_commands{}`]
	for _, phase := range []string{"wait", "read", "decide", "write"} {
		if n := got[`batch_phase_seconds{phase="`+phase+`"}`]; n == 0 || n < batches && phase != "wait" {
			t.Errorf("phase %s was observed %v times in %v batches", phase, n, batches)
		}
	}
	if age := float64(time.Now().Unix()) - got[`books_checked_timestamp_seconds{}`]; age < -1 || age > 60 {
		t.Errorf("the books were checked %v seconds ago", age)
	}
	b.metrics.books.refreshNow(t)
	b.await(map[string]float64{
		`dead_letters_open{reason="order_conflict"}`: 1, `dead_letters_open{reason="invalid_json"}`: 2,
		`dead_letters_open{reason="too_old"}`: 0,
	})
}

// refreshNow reads all, whenever it is due.
func (b *books) refreshNow(t *testing.T) {
	t.Helper()
	for _, read := range []reading{b.readLetters, b.readBooks} {
		if err := b.ask(t.Context(), read); err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever the metrics are called, it is by Prometheus' conventions, and as the
// page says.
func TestNamesFollowTheConventions(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1)
	b.kafka.Produce(t, 0, pay("o-1", "alice", 600))
	b.start()
	b.await(map[string]float64{`partition_committed_offset{partition="0"}`: 1,
		`trial_balance_minor_units{currency="USD"}`: 0, `dead_letters_open{reason="too_old"}`: 0})
	var text bytes.Buffer
	families := b.scrape()
	for _, name := range slices.Sorted(maps.Keys(families)) {
		if strings.HasPrefix(name, "deductor_") {
			if _, err := expfmt.MetricFamilyToText(&text, families[name]); err != nil {
				t.Fatal(err)
			}
		}
	}
	problems, err := promlint.New(&text).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Errorf("%s: %s", problem.Metric, problem.Text)
	}
	for _, d := range definitions {
		family, there := families[d.name]
		delete(families, d.name)
		switch {
		case !there && d != halted: // nothing is
			t.Errorf("%s is not there", d.name)
		case there && strings.ToLower(family.GetType().String()) != d.kind:
			t.Errorf("%s is a %s, the page says %s", d.name, family.GetType(), d.kind)
		case there:
			var labels []string
			for _, label := range family.GetMetric()[0].GetLabel() {
				labels = append(labels, label.GetName())
			}
			want := slices.Clone(d.labels)
			if !d.global {
				want = append(want, "group", "topic")
			}
			slices.Sort(want)
			if !slices.Equal(labels, want) {
				t.Errorf("%s has labels %v, the page says %v", d.name, labels, want)
			}
		}
	}
	for name := range families {
		if strings.HasPrefix(name, "deductor_") {
			t.Errorf("%s is not defined", name)
		}
	}
}

// A halted partition is told, with what waits behind it.
func TestHaltedPartition(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 2)
	b.kafka.Produce(t, 0, pay("o-1", "alice", 1), pay("o-2", "alice", 1), pay("o-3", "alice", 1))
	b.kafka.Produce(t, 1, "?")
	b.commitOffset(0, 1) // and the database knows nothing of it
	b.start()
	b.await(map[string]float64{
		`partition_halted{partition="0",reason="watermark_missing"}`: 1, `halts_total{reason="watermark_missing"}`: 1,
		`partition_lag_records{partition="0"}`: 2, `partition_committed_offset{partition="0"}`: 1,
		`partition_end_offset{partition="0"}`: 3, `partition_position_offset{partition="1"}`: 1, `ready{}`: 1,
	})
	got := b.values()
	for _, series := range []string{`partition_lag_seconds{partition="0"}`, `partition_stalled_seconds{partition="0"}`} {
		if got[series] <= 0 {
			t.Errorf("%s is %v, although records wait behind the halt", series, got[series])
		}
	}
}

// The age of what is being settled is that of its record, and a scrape is
// answered while the database does not.
func TestScrapeWhileTheDatabaseWaits(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1)
	lock, err := b.db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Exec(t.Context(), "LOCK TABLE processed, account"); err != nil {
		t.Fatal(err)
	}
	hour := time.Now().Add(-time.Hour)
	b.kafka.ProduceRecords(t, &kgo.Record{Value: []byte(pay("o-1", "alice", 1)), Timestamp: hour})
	b.start()
	b.await(map[string]float64{`partition_lag_records{partition="0"}`: 1, `partition_position_offset{partition="0"}`: 0,
		`dead_letters_open{reason="too_old"}`: 0})
	for b.values()[`partition_lag_seconds{partition="0"}`] < 3590 {
		if t.Context().Err() != nil {
			t.Fatal("the record's age is not told")
		}
	}
	if _, there := b.values()[`trial_balance_minor_units{currency="USD"}`]; there {
		t.Error("the trial balance was read although the accounts are locked")
	}
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.await(map[string]float64{`partition_lag_seconds{partition="0"}`: 0, `command_latency_seconds{}`: 1,
		`trial_balance_minor_units{currency="USD"}`: 0})
}

func TestBooksThatDoNotBalanceAreTold(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1)
	if _, err := b.db.Pool.Exec(t.Context(), "UPDATE account SET balance = balance - 7 WHERE name = 'alice'"); err != nil {
		t.Fatal(err)
	}
	b.metrics.books.refreshNow(t)
	b.await(map[string]float64{`trial_balance_minor_units{currency="USD"}`: -7})
}

func TestReadingTheBooksIsBounded(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]time.Duration{
		0: time.Minute, time.Second: time.Minute, 4 * time.Second: 80 * time.Second, askTimeout: 15 * time.Minute,
	} {
		if got := pauseAfter(took, booksInterval); got != want {
			t.Errorf("after %v it rests %v, want %v", took, got, want)
		}
	}
}
