package consumer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"deductor/consumer/intake"
	"deductor/consumer/settle"
	"deductor/ledger"
)

// Worker is a member of a consumer group that settles the partitions it is
// given.
type Worker struct {
	config  Config
	cluster *intake.Cluster
	fetcher *intake.Fetcher
	members membership
	lanes   *lanes
	health  *health
	counts  [4]atomic.Int64 // by settle.Kind
	probed  atomic.Bool     // the database was looked at

	mu         sync.Mutex
	partitions []*partition
	member     bool                      // joined the group at least once
	logs       map[int32]intake.LogRange // of partitions, when they were last looked at
}

// New checks the configuration and returns a worker. It opens no connection yet.
func New(config Config) (*Worker, error) {
	config = config.WithDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	lanes := newLanes(config.BatchMax)
	cluster, err := intake.NewCluster(config.intake(lanes.notify))
	if err != nil {
		return nil, err
	}
	fetcher, err := intake.NewFetcher(cluster)
	if err != nil {
		return nil, err
	}
	w := &Worker{
		config:  config,
		cluster: cluster,
		fetcher: fetcher,
		members: newClassic(config),
		health:  newHealth(config.Logger),
		lanes:   lanes,
		logs:    make(map[int32]intake.LogRange),
	}
	turns, accounts := settle.NewTurns(), ledger.NewCache()
	for i := range config.Lanes {
		tracing := newTracing(config)
		gaveUp := func() { w.health.forget(laneTrouble(i)) }
		w.lanes.all = append(w.lanes.all, &lane{
			lanes: w.lanes, settler: w.newSettler(i, turns, accounts, tracing), observer: config.Observer, tracing: tracing,
			done: w.count, gaveUp: gaveUp,
		})
	}
	return w, nil
}

func (w *Worker) newSettler(lane int, turns *settle.Turns, accounts *ledger.Cache, tracing *tracing) *settle.Settler {
	return settle.NewSettler(settle.Config{
		Connect: func(ctx context.Context) (*pgx.Conn, error) {
			conn, err := w.config.Database.Acquire(ctx)
			if err != nil {
				return nil, err
			}
			return conn.Hijack(), nil
		},
		Limits:     w.config.Limits,
		Quarantine: w.config.Quarantine,
		Turns:      turns,
		Accounts:   accounts,
		OnTrouble:  func(err error) { w.health.set(laneTrouble(lane), err) },
		Observer:   tracing.observing(w.config),
	})
}

func laneTrouble(lane int) string { return fmt.Sprintf("database, lane %d", lane) }

func (w *Worker) count(counts settle.Counts) {
	for kind, n := range counts {
		w.counts[kind].Add(n)
	}
}

// Run works until ctx ends: it then stops fetching, finishes the transactions
// in hand, commits their offsets, leaves the group and returns nil. Brokers and
// databases that can't be reached are tried again for as long as it takes. The
// error is what the brokers refuse at the start: an [*intake.UnknownTopicError],
// wrong credentials, a certificate that is not trusted.
func (w *Worker) Run(ctx context.Context) error {
	defer w.cluster.Close()
	if err := w.findTopic(ctx); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return nil
	}
	// What the membership hands out lives a little longer than ctx: it is
	// drained when the membership ends.
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { _ = w.fetcher.Run(inner) })
	running.Go(func() { w.watch(inner) })
	for _, l := range w.lanes.all {
		running.Go(func() { l.run(inner) })
	}
	w.members.run(ctx, w)
	stop()
	running.Wait()
	return nil
}

// findTopic waits for the brokers, and fails with what they refuse. What may
// pass, the cluster tries again by itself until the time is up.
func (w *Worker) findTopic(ctx context.Context) error {
	for ctx.Err() == nil {
		asking, cancel := context.WithTimeout(ctx, lookTimeout)
		_, err := w.cluster.Topic(asking)
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !errors.Is(err, context.DeadlineExceeded):
			return err
		}
		w.health.set("kafka", err)
		if err == nil {
			return nil
		}
	}
	return nil
}

// lookTimeout bounds one look at Kafka.
const lookTimeout = 10 * time.Second

// look asks Kafka where partitions stand: the topic, their logs, the group's
// committed offsets.
func (w *Worker) look(ctx context.Context, partitions []int32) (map[int32]settle.Assignment, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	topic, err := w.cluster.Topic(ctx)
	if err != nil {
		return nil, err
	}
	// The offsets first: the logs' ends, asked for later, are not behind them.
	committed, err := w.cluster.Committed(ctx, w.config.Group, partitions)
	if err != nil {
		return nil, err
	}
	logs, err := w.cluster.LogRanges(ctx, partitions)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	maps.Copy(w.logs, logs)
	w.mu.Unlock()
	found := make(map[int32]settle.Assignment, len(partitions))
	for _, id := range partitions {
		assignment := settle.Assignment{
			Key:      settle.Key{Group: w.config.Group, Topic: w.config.Topic, Partition: id},
			Owner:    w.config.Owner,
			TopicID:  topic.ID,
			LogStart: logs[id].Start,
			LogEnd:   logs[id].End,
		}
		if offset, ok := committed[id]; ok {
			assignment.Committed = &offset
		}
		found[id] = assignment
	}
	return found, nil
}
