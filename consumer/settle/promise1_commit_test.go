package settle_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/settle"
)

// Promise 1: at most once. When the connection is lost around COMMIT, nobody
// knows whether it was executed: the settler runs the same batch again, and
// each order is debited once.
func TestPromise1_UnknownCommitIsRunAgain(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		// at is where the connection is cut.
		at func(message) bool
		// want is what becomes of two good commands.
		want map[settle.Kind]int64
	}{
		{"the answer to COMMIT is lost", func(m message) bool { return m.fromServer && m.text == "COMMIT" },
			map[settle.Kind]int64{settle.Duplicate: 2}},
		{"COMMIT itself is lost", func(m message) bool { return m.kind == 'B' && m.text == "COMMIT" },
			map[settle.Kind]int64{settle.Applied: 2}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, customer("alice", 100))
			f := b.acquire(0)
			batch := f.next(pay("o-1", "alice", 60), pay("o-2", "alice", 30))
			var connections atomic.Int32
			var trouble []error
			settler := closing(t, settle.Config{
				Connect: func(ctx context.Context) (*pgx.Conn, error) {
					if connections.Add(1) > 1 {
						return b.connect(ctx)
					}
					return b.connectWatched(func(m message) verdict {
						if test.at(m) {
							return cutBefore
						}
						return pass
					})(ctx)
				},
				OnTrouble: func(err error) { trouble = append(trouble, err) },
			})
			b.wantCounts(b.settleBy(settler, batch), test.want)
			if n := connections.Load(); n != 2 {
				t.Errorf("%d connections, want 2: one that was cut, one after it", n)
			}
			if len(trouble) != 2 || trouble[0] == nil || trouble[1] != nil {
				t.Errorf("the settler told of trouble %v, want an error, then nil", trouble)
			}
			b.wantTransfers("o-1", 1)
			b.wantTransfers("o-2", 1)
			b.wantBalances(map[string]int64{"alice": 10})
			b.wantWatermark(f, 2)
			b.audit()
		})
	}
}
