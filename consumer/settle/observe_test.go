package settle_test

import (
	"context"
	"fmt"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/command"
	"deductor/consumer/settle"
)

// notes is an [settle.Observer] that keeps what it is told.
type notes struct {
	reports []settle.Report
	retried []string
	unknown int
}

func (n *notes) Committed(report *settle.Report) { n.reports = append(n.reports, *report) }
func (n *notes) Retried(state string)            { n.retried = append(n.retried, state) }
func (n *notes) CommitUnknown()                  { n.unknown++ }

func TestObserverIsToldReasons(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f := b.acquire(0)
	var told notes
	settler := closing(t, settle.Config{Connect: b.connect, Observer: &told})
	b.settleBy(settler, f.next(pay("o-1", "alice", 60), pay("o-2", "alice", 60), pay("o-3", "nobody", 1),
		pay("o-4", "nobody", 1), pay("o-1", "alice", 60), pay("o-1", "alice", 61), raw("?"), raw("!")))
	b.settleBy(settler, f.all())
	if len(told.reports) != 2 {
		t.Fatalf("told of %d transactions, want 2", len(told.reports))
	}
	first, again := told.reports[0], told.reports[1]
	if want := (settle.Counts{1, 3, 1, 3}); first.Counts != want {
		t.Errorf("counted %v, want %v", first.Counts, want)
	}
	declined := map[string]int64{"insufficient_funds": 1, "account_not_found": 2}
	if !reflect.DeepEqual(first.Declined, declined) {
		t.Errorf("declined for %v, want %v", first.Declined, declined)
	}
	want := map[command.Reason]int64{command.ReasonOrderConflict: 1, command.ReasonInvalidJSON: 2}
	if !reflect.DeepEqual(first.SetAside, want) {
		t.Errorf("set aside for %v, want %v", first.SetAside, want)
	}
	if got := fmt.Sprint(first.Became); got != "[applied declined declined declined duplicate dead_lettered "+
		"dead_lettered dead_lettered]" || len(first.Batch[0].Items) != 8 {
		t.Errorf("the records became %s", got)
	}
	if len(again.Declined)+len(again.SetAside) != 0 || again.Counts[settle.Duplicate] != 5 {
		t.Errorf("read again, counted %v, declined %v, set aside %v", again.Counts, again.Declined, again.SetAside)
	}
	for phase, took := range first.Phases {
		if took <= 0 || took > time.Since(first.Began) {
			t.Errorf("phase %s took %v", settle.Phase(phase), took)
		}
	}
	if told.retried != nil || told.unknown != 0 {
		t.Errorf("told of %v and %d unknown commits", told.retried, told.unknown)
	}
}

func TestObserverIsToldOfUnknownCommits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cut     func(message) bool
		unknown int
	}{
		"before COMMIT is sent": {func(m message) bool { return m.text == "BEGIN" }, 0},
		"its answer is lost":    {func(m message) bool { return m.fromServer && m.text == "COMMIT" }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, customer("alice", 100))
			var connections atomic.Int32
			var told notes
			settler := closing(t, settle.Config{
				Connect: func(ctx context.Context) (*pgx.Conn, error) {
					if connections.Add(1) > 1 {
						return b.connect(ctx)
					}
					return b.connectWatched(func(m message) verdict {
						if test.cut(m) {
							return cutBefore
						}
						return pass
					})(ctx)
				},
				Observer: &told,
			})
			b.settleBy(settler, b.acquire(0).next(pay("o-1", "alice", 60)))
			if told.unknown != test.unknown || fmt.Sprint(told.retried) != "[connection]" || len(told.reports) != 1 {
				t.Errorf("told of %d unknown commits, retries for %v, %d reports; want %d, one for no SQLSTATE, one",
					told.unknown, told.retried, len(told.reports), test.unknown)
			}
		})
	}
}

func TestObserverIsToldTheState(t *testing.T) {
	t.Parallel()
	b := newBench(t, customer("alice", 100))
	f, g := b.acquire(0), b.acquire(1)
	var told notes
	tries := 0
	settler := closing(t, settle.Config{Observer: &told, Connect: b.connectWatched(func(m message) verdict {
		if !m.fromServer && m.kind == 'B' && m.holds("INSERT INTO processed") {
			if tries++; tries == 1 {
				debit("alice", 60)(b, g)
			}
		}
		return pass
	})})
	b.settleBy(settler, f.next(pay("o-1", "alice", 60)))
	if got := fmt.Sprint(told.retried); got != "[P0004]" || told.unknown != 0 {
		t.Errorf("retried for %s, %d unknown commits; want a failed assertion and none", got, told.unknown)
	}
}
