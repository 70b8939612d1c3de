package prune

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"deductor/consumer/command"
	"deductor/consumer/intake"
	"deductor/internal/progress"
)

// toStable is how far a log can be read at once: what is behind an undecided
// transaction can't.
func (t *topic) toStable(id int32) int64 { return t.logs[id].LastStable }

// toEnd is how far the log went: undecided transactions are waited for.
func (t *topic) toEnd(id int32) int64 { return t.logs[id].End }

// olderRefused refuses a record that is older than the horizon, unless one in
// force turns it away already: new, it would be set aside, although it was sent
// in time.
func (r *run) olderRefused(record *kgo.Record) error {
	if !record.Timestamp.Before(r.Before) || record.Timestamp.Before(r.inForce) {
		return nil
	}
	return refuse("the log of %s[%d] holds a record that is older than %s: offset %d of %s; "+
		"prune up to that time at most, or once retention has removed it",
		record.Topic, record.Partition, r.Before.UTC().Format(time.RFC3339Nano),
		record.Offset, record.Timestamp.UTC().Format(time.RFC3339Nano))
}

// scanAll reads all topics on, up to where to says, and keeps the orders that it
// finds. Each record is checked, unless check is nil.
func (r *run) scanAll(ctx context.Context, to func(*topic, int32) int64, check func(*kgo.Record) error) error {
	var total int64
	for _, t := range r.topics {
		for id := range t.logs {
			total += max(0, to(t, id)-t.next[id])
		}
	}
	counter := progress.NewCounter("records read", total)
	for _, t := range r.topics {
		s := &scan{topic: t, targets: make(map[int32]int64), counter: counter, final: check == nil,
			arrived: arrivals{wake: make(chan struct{}, 1)}}
		for id := range t.logs {
			if target := to(t, id); t.next[id] < target {
				s.targets[id] = target
			}
		}
		if err := s.run(ctx, r, check); err != nil {
			return err
		}
	}
	return nil
}

// scan reads one topic.
type scan struct {
	topic   *topic
	targets map[int32]int64 // of the partitions that are not there yet
	counter *progress.Counter
	final   bool // the horizon is in force
	fetcher *intake.Fetcher
	arrived arrivals
	decoder command.Decoder
}

func (s *scan) run(ctx context.Context, r *run, check func(*kgo.Record) error) (err error) {
	if len(s.targets) == 0 {
		return nil
	}
	if s.fetcher, err = intake.NewFetcher(s.topic.cluster); err != nil {
		return err
	}
	for id := range s.targets {
		s.assign(id)
	}
	fetching, stop := context.WithCancel(ctx)
	var ended errgroup.Group
	ended.Go(func() error { return s.fetcher.Run(fetching) })
	line := progress.Start(r.Progress, s.line)
	defer func() {
		stop()
		err = errors.Join(err, ended.Wait())
		line.Stop()
	}()
	for len(s.targets) > 0 {
		chunks, failed, err := s.arrived.take(ctx, s.fetcher.Healthy)
		if err != nil {
			return fmt.Errorf("read topic %s: %w", s.topic.Name, err)
		}
		if err := s.keep(ctx, r, chunks, check); err != nil {
			return err
		}
		for _, halt := range failed {
			if err := s.goOn(halt); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *scan) assign(id int32) {
	at := intake.At(s.topic.next[id])
	at.TopicID = s.topic.ID
	s.fetcher.Assign(id, at, &s.arrived)
}

// keep notes the orders of chunks.
func (s *scan) keep(ctx context.Context, r *run, chunks []*intake.Chunk, check func(*kgo.Record) error) error {
	var ids []string
	for _, chunk := range chunks {
		for _, record := range chunk.Records {
			if check != nil {
				if err := check(record); err != nil {
					return err
				}
			}
			if id := s.orderOf(record); id != "" {
				ids = append(ids, id)
			}
		}
	}
	if err := r.pruner.Keep(ctx, ids); err != nil {
		return err
	}
	for _, chunk := range chunks {
		s.topic.next[chunk.Partition] = chunk.End
		s.counter.Add(chunk.End - chunk.Start)
		r.records += chunk.End - chunk.Start
		if target, wanted := s.targets[chunk.Partition]; wanted && chunk.End >= target {
			delete(s.targets, chunk.Partition)
			s.fetcher.Unassign(chunk.Partition)
		}
		chunk.Release()
	}
	return nil
}

// orderOf returns the order id of a record, also of one that is no command now:
// a later version may read it.
func (s *scan) orderOf(record *kgo.Record) string {
	cmd, rejection := s.decoder.Decode(record.Value)
	if rejection != nil {
		return rejection.OrderID
	}
	return cmd.OrderID
}

// goOn deals with a partition that can't be read on. Retention may have passed
// the scan, as long as no worker relies on it.
func (s *scan) goOn(failed error) error {
	var removed *intake.OutOfRangeError
	if errors.As(failed, &removed) && removed.Offset < removed.LogStart && !s.final {
		id := removed.Partition
		s.counter.Add(removed.LogStart - s.topic.next[id])
		s.topic.next[id] = removed.LogStart
		if removed.LogStart < s.targets[id] {
			s.assign(id)
			return nil
		}
		delete(s.targets, id)
		s.fetcher.Unassign(id)
		return nil
	}
	if removed != nil {
		return fmt.Errorf("%w: %w", errRunAgain, failed)
	}
	return refuse("%v: orders that can't be read can't be kept; nothing was deleted, "+
		"prune once retention has removed what is there", failed)
}

// line says how far it is, and what it waits for.
func (s *scan) line() string {
	text := s.counter.Line()
	for _, stats := range s.fetcher.Stats() {
		if stats.Position == stats.LastStable && stats.LastStable < stats.HighWatermark {
			text += fmt.Sprintf("; %s[%d]: a transaction is undecided since offset %d",
				s.topic.Name, stats.Partition, stats.LastStable)
		}
	}
	return text
}
