package consumer

import (
	"context"
	"strings"
	"testing"
	"time"
)

// lent is a membership whose partitions are taken away when back is closed; the
// worker stays in the group without any.
type lent struct {
	partitions []int32
	back       chan struct{}
}

func (l lent) run(ctx context.Context, owner assignee) {
	owner.joined(nil)
	given := owner.assigned(l.partitions, func(map[int32]int64) error { return nil })
	select {
	case <-ctx.Done():
	case <-l.back:
	}
	given.revoked()
	<-ctx.Done()
}

// What a worker could not do for a partition is not held against it once the
// partition is another's: nothing that it does later could make it ready again.
func TestTroubleEndsWithThePartition(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		partition int32
		trouble   string
		breaks    string
	}{
		{"a partition that does not exist", 7, "kafka, partition 7", "SELECT"},
		{"a partition that can't be taken over", 0, "database, partition 0", "ALTER TABLE source RENAME TO away"},
		{"a batch that can't be settled", 0, "database, lane ", "ALTER TABLE account RENAME TO away"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBundle(t, 1)
			b.kafka.Produce(t, 0, order("order-1", "acct-0"))
			if _, err := b.db.Pool.Exec(t.Context(), test.breaks); err != nil {
				t.Fatal(err)
			}
			w := b.worker(t, "worker-1", func(c *Config) { c.DrainTimeout = 50 * time.Millisecond })
			members := lent{[]int32{test.partition}, make(chan struct{})}
			w.members = members
			start(t, w)
			await(t, "the trouble", func() (bool, string) {
				err := w.health.err()
				return err != nil && strings.Contains(err.Error(), test.trouble), "none"
			})
			close(members.back)
			await(t, "its end", func() (bool, string) {
				err := w.health.err()
				return err == nil || !strings.Contains(err.Error(), test.trouble), "it is there"
			})
		})
	}
}
