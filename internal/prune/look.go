package prune

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"deductor/consumer/intake"
	"deductor/consumer/settle"
	"deductor/dedupe"
)

// topic is one that exists, as the brokers tell.
type topic struct {
	cluster *intake.Cluster
	intake.Topic
	logs map[int32]intake.LogRange
	next map[int32]int64 // the first offset that was not read yet
}

// lookTimeout bounds how long brokers are asked about a topic.
const lookTimeout = 15 * time.Second

// look finds all topics that commands came from, and judges where each group
// stands that reads one.
func (r *run) look(ctx context.Context) (err error) {
	if r.sources, err = settle.Sources(ctx, r.Conn); err != nil {
		return err
	}
	readers, err := settle.Readers(ctx, r.Conn)
	if err != nil {
		return err
	}
	if own := (settle.Reader{Group: r.Group, Topic: r.Topic}); !slices.Contains(readers, own) {
		readers = append(readers, own)
	}
	// The positions first: the logs' ends, asked for later, are not behind them.
	stored := make([][]settle.Partition, len(readers))
	for i, reader := range readers {
		if stored[i], err = settle.Partitions(ctx, r.Conn, reader.Group, reader.Topic); err != nil {
			return err
		}
	}
	names := make(map[string]bool)
	for _, source := range r.sources {
		names[source.Topic] = true
	}
	for _, reader := range readers {
		names[reader.Topic] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if err := r.open(ctx, name); err != nil {
			return err
		}
	}
	for i, reader := range readers {
		if t := r.topics[reader.Topic]; t != nil {
			if err := judge(reader.Group, stored[i], t); err != nil {
				return err
			}
		}
	}
	return nil
}

// open asks the brokers about a topic.
func (r *run) open(ctx context.Context, name string) error {
	cluster, err := r.Cluster(name)
	if err != nil {
		return err
	}
	t := &topic{cluster: cluster, next: make(map[int32]int64)}
	err = t.look(ctx)
	deleted := slices.Contains(r.Deleted, name)
	var unknown *intake.UnknownTopicError
	var answer *kerr.Error
	switch {
	case err == nil && deleted:
		cluster.Close()
		return refuse("topic %s was not deleted: it exists, and its log is to be looked at", name)
	case err == nil:
		r.topics[name] = t
		return nil
	}
	cluster.Close()
	switch {
	case errors.As(err, &unknown) && deleted:
		return nil
	case errors.As(err, &unknown) && name == r.Topic:
		return err
	case errors.As(err, &unknown):
		return refuse("commands came from topic %s, which these brokers do not have: say --deleted-topic %s "+
			"if its records are nowhere any more; if they are on other brokers, nothing can be pruned", name, name)
	case errors.As(err, &answer) && !answer.Retriable:
		return refuse("commands came from topic %s, which can't be looked at: %v: "+
			"let this user describe and read it", name, err)
	}
	return fmt.Errorf("look at topic %s: %w", name, err)
}

func (t *topic) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	var err error
	if t.Topic, err = t.cluster.Topic(ctx); err != nil {
		return err
	}
	all := make([]int32, len(t.Partitions))
	for i := range all {
		all[i] = t.Partitions[i].ID
	}
	if t.logs, err = t.cluster.LogRanges(ctx, all); err != nil {
		return err
	}
	for id, log := range t.logs {
		if _, begun := t.next[id]; !begun {
			t.next[id] = log.Start
		}
	}
	return nil
}

// lookAgain is look, once the horizon is in force.
func (t *topic) lookAgain(ctx context.Context) error {
	before := t.ID
	if err := t.look(ctx); err != nil {
		return err
	}
	if t.ID != before {
		return fmt.Errorf("%w: topic %s was created again meanwhile", errRunAgain, t.Name)
	}
	return nil
}

// judge refuses when a group, of which this is stored, has records of the topic
// before it of which it can't be told what will become.
func judge(group string, stored []settle.Partition, t *topic) error {
	known := make(map[int32]settle.Partition, len(stored))
	for _, p := range stored {
		known[p.Key.Partition] = p
	}
	for _, partition := range t.Partitions {
		p, log := known[partition.ID], t.logs[partition.ID]
		if why := unjudged(p, log, t.ID); why != "" {
			return refuse("%s[%d] (group %s, its log holds offsets %d to %d) %s",
				t.Name, partition.ID, group, log.Start, log.End, why)
		}
	}
	return nil
}

// unjudged says why a partition's unread records can't be judged; "" if they can.
func unjudged(p settle.Partition, log intake.LogRange, id intake.TopicID) string {
	switch {
	case p.Halt != nil:
		return fmt.Sprintf("is halted: %v: mend that first", p.Halt)
	case p.Watermark == nil && log.Start == log.End:
		return ""
	case p.Watermark == nil:
		return "was never read into this database: let a worker read it first, or partition adopt"
	case p.Watermark.TopicID != id:
		return "is of a topic that was deleted and created again: partition adopt first"
	case p.Watermark.NextOffset > log.End:
		return fmt.Sprintf("was read up to offset %d, which its log does not hold: "+
			"find out what it lost, then partition skip", p.Watermark.NextOffset)
	}
	return ""
}

// gone says from where on each source's records are still in a log.
func (r *run) gone() map[int32]int64 {
	below := make(map[int32]int64, len(r.sources))
	for _, source := range r.sources {
		below[source.ID] = dedupe.Everything
		if t := r.topics[source.Topic]; t != nil && t.ID == source.TopicID {
			if log, held := t.logs[source.Partition]; held {
				below[source.ID] = log.Start
			}
		}
	}
	return below
}
