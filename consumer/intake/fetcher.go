package intake

import (
	"context"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"
)

// Fetcher reads the partitions assigned to it, each from its position, with one loop for each broker
// that leads some of them.
//
// Memory: nothing is asked for once BufferBytes of records are delivered and not released, and before
// that as much as is likely to fit, shared among the leaders. What was asked for and does not fit is
// not decoded, and asked for again later. So the total stays below BufferBytes + one chunk for each
// leader, and the answers themselves, of MaxBytes each. A chunk's batches decompress to less than
// PartitionMaxBytes + one batch, of MaxBatchBytes at most.
//
// Locks: a partition's deliver lock is taken before mu. Receivers are called under the first only.
type Fetcher struct {
	cluster *Cluster
	cfg     Config
	inner   kgo.Decompressor
	refresh chan struct{} // holds one token when metadata is wanted

	mu       sync.Mutex
	assigned map[int32]*partition
	leaders  map[int32]*leader // by node id; loops stay until Run returns
	spawn    func(*leader)     // nil while Run does not run
	topic    Topic             // as the loops know it; zero until it was seen
	missing  error             // why metadata could not be had, nil if it could
	refused  bool              // and it was for another reason than the connection
	used     int               // bytes delivered and not released
}

// NewFetcher returns a Fetcher with the bounds of the Cluster's Config.
func NewFetcher(cluster *Cluster) (*Fetcher, error) {
	inner, err := newInner(cluster.cfg.MaxBatchBytes)
	if err != nil {
		return nil, err
	}
	return &Fetcher{
		cluster:  cluster,
		cfg:      cluster.cfg,
		inner:    inner,
		refresh:  make(chan struct{}, 1),
		assigned: make(map[int32]*partition),
		leaders:  make(map[int32]*leader),
	}, nil
}

// Run fetches until ctx ends, and then returns nil once all its goroutines have ended. No receiver is
// called after it returned. It keeps trying for as long as brokers cannot be reached; see Healthy.
func (f *Fetcher) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { f.refreshLoop(ctx); return nil })

	f.mu.Lock()
	f.spawn = func(l *leader) { group.Go(func() error { l.loop(ctx); return nil }) }
	for _, l := range f.leaders {
		f.spawn(l)
	}
	f.mu.Unlock()

	<-ctx.Done()
	f.mu.Lock()
	f.spawn = nil
	f.mu.Unlock()
	return group.Wait()
}

// Assign starts to read a partition at a position. If it is assigned already, that assignment ends
// first, as by Unassign. It may be called before Run.
func (f *Fetcher) Assign(id int32, at Position, to Receiver) {
	f.Unassign(id)
	p := newPartition(id, at, to)

	f.mu.Lock()
	defer f.mu.Unlock()
	f.assigned[id] = p
	if len(f.topic.Partitions) == 0 {
		f.topic, _ = f.cluster.lastTopic() // may be out of date: the leaders will say so
	}
	if !f.route(p) {
		f.wantRefresh()
	}
}

// Unassign ends a partition's assignment, if it has one. When it returned, that assignment's receiver
// is not called any more; what is still being fetched for it will be dropped. Chunks it was given
// still count against the buffers until they are released.
func (f *Fetcher) Unassign(id int32) {
	f.mu.Lock()
	p := f.assigned[id]
	delete(f.assigned, id)
	f.mu.Unlock()
	if p != nil {
		p.deliver.Lock() // wait for a call under way
		defer p.deliver.Unlock()
	}
}

// release takes back what a chunk counted for and wakes the loops that stood still for it.
func (f *Fetcher) release(p *partition, bytes int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	wasFull, partitionWasFull := f.used >= f.cfg.BufferBytes, f.full(p)
	f.used -= bytes
	p.buffered -= bytes
	switch {
	case wasFull && f.used < f.cfg.BufferBytes:
		for _, l := range f.leaders {
			l.nudge()
		}
	case partitionWasFull && !f.full(p):
		if l := f.leaders[p.leader]; l != nil {
			l.nudge()
		}
	}
}

// full reports whether a partition's buffer is. The caller holds mu.
func (f *Fetcher) full(p *partition) bool { return p.buffered >= f.cfg.PartitionBufferBytes }

// wantRefresh asks for metadata soon. Many wishes make one request.
func (f *Fetcher) wantRefresh() {
	select {
	case f.refresh <- struct{}{}:
	default:
	}
}
