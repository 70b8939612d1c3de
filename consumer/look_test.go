package consumer

import (
	"slices"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// An offset that is committed while a worker looks must not seem to be beyond the
// log's end: that is a halt until an operator comes. So the end is asked for last.
func TestLookAsksForTheLogsEndLast(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1)
	w := b.worker(t, "worker-1", nil)
	t.Cleanup(w.cluster.Close)
	var mu sync.Mutex
	var asked []string
	for _, key := range []kmsg.Key{kmsg.OffsetFetch, kmsg.ListOffsets} {
		b.kafka.Cluster.ControlKey(key.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
			b.kafka.Cluster.KeepControl()
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, key.Name())
			return nil, nil, false
		})
	}
	if _, err := w.look(t.Context(), []int32{0}); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	first, last := slices.Index(asked, "ListOffsets"), slices.Index(asked, "OffsetFetch")
	if first < 0 || last < 0 || first < last {
		t.Errorf("asked for %v, want OffsetFetch before ListOffsets", asked)
	}
}
