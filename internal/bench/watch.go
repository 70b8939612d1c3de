package bench

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"sort"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/internal/pgclose"
)

//go:embed queries/watermarks.sql
var watermarksSQL string

// watchInterval is how often is asked what is committed.
const watchInterval = time.Millisecond

// watcher sees what others can see in Postgres, on a connection of its own: a
// record is committed when its partition's watermark is past it. What it sees is
// late by at most an interval and a query, never early.
type watcher struct {
	conn   *pgx.Conn
	topic  string
	group  string
	cancel context.CancelFunc
	ended  chan struct{}
	err    error // read after ended

	mu       sync.Mutex
	advances map[int32][]advance // by partition, in their order
}

// advance is a watermark that moved.
type advance struct {
	seen time.Time
	next int64 // the first offset that is not committed
}

func (b *bench) watch(ctx context.Context, books *books, t *topic, group string) (*watcher, error) {
	conn, err := b.place.connect(ctx, books.url)
	if err != nil {
		return nil, err
	}
	w := &watcher{conn: conn, topic: t.name, group: group, ended: make(chan struct{}), advances: make(map[int32][]advance)}
	ctx, w.cancel = context.WithCancel(ctx)
	go func() {
		defer close(w.ended)
		w.err = w.run(ctx)
	}()
	return w, nil
}

func (w *watcher) run(ctx context.Context) error {
	for ctx.Err() == nil {
		asked := time.Now()
		if err := w.look(ctx); err != nil && ctx.Err() == nil {
			return fmt.Errorf("watch the watermarks: %w", err)
		}
		pause(watchInterval - time.Since(asked))
	}
	return nil
}

func (w *watcher) look(ctx context.Context) error {
	rows, err := w.conn.Query(ctx, watermarksSQL, w.group, w.topic)
	if err != nil {
		return err
	}
	found := make(map[int32]int64)
	var partition int32
	var next int64
	if _, err := pgx.ForEachRow(rows, []any{&partition, &next}, func() error {
		found[partition] = next
		return nil
	}); err != nil {
		return err
	}
	seen := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	for partition, next := range found {
		its := w.advances[partition]
		if next > 0 && (len(its) == 0 || its[len(its)-1].next != next) {
			w.advances[partition] = append(its, advance{seen, next})
		}
	}
	return nil
}

// committed is how many records of the topic are, by the last look.
func (w *watcher) committed() (records int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, its := range w.advances {
		records += its[len(its)-1].next
	}
	return records
}

// await returns when so many records are committed. The error is that of look, or
// says that nothing happens any more.
func (w *watcher) await(ctx context.Context, records int64, look func() error) error {
	last, before := time.Now(), w.committed()
	for {
		now := w.committed()
		if now >= records {
			return nil
		}
		if now != before {
			last, before = time.Now(), now
		}
		if time.Since(last) > stallTimeout {
			return fmt.Errorf("waited for commits: nothing has happened for %v, %d of %d records are committed",
				stallTimeout, now, records)
		}
		select {
		case <-w.ended:
			return errors.Join(w.err, errors.New("the watch ended"))
		default:
		}
		if err := look(); err != nil {
			return err
		}
		if wait(ctx, eventuallyInterval); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// flows tells whether so many partitions moved after a moment.
func (w *watcher) flows(partitions int, after time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, its := range w.advances {
		if !its[len(its)-1].seen.After(after) {
			return false
		}
	}
	return len(w.advances) == partitions
}

// stop ends the watch; what it saw may be read afterwards. It may be called again.
func (w *watcher) stop() error {
	w.cancel()
	<-w.ended
	pgclose.Conn(w.conn)
	return w.err
}

// seenAt is when a record was seen to be committed; zero when it was not.
func (w *watcher) seenAt(partition int32, offset int64) time.Time {
	its := w.advances[partition]
	i := sort.Search(len(its), func(i int) bool { return its[i].next > offset })
	if i == len(its) {
		return time.Time{}
	}
	return its[i].seen
}

// first is when anything was first seen to be committed; zero when nothing was.
func (w *watcher) first() (first time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, its := range w.advances {
		if first.IsZero() || its[0].seen.Before(first) {
			first = its[0].seen
		}
	}
	return first
}
