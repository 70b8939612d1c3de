package topicscan

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"deductor/consumer/intake"
)

// Range is the offsets of a partition that are read: Start up to, and without, End.
type Range struct{ Start, End int64 }

// Scan is one reading of ranges.
type Scan struct {
	Cluster *intake.Cluster
	// TopicID is the topic's: another one under its name is refused.
	TopicID intake.TopicID
	Ranges  map[int32]Range
	// Lanes is how many goroutines call Each.
	Lanes int
	// Ordered gives all chunks of a partition to one lane, in their order.
	Ordered bool
	// Each is given what was read, with the lane's number. The records of a chunk
	// are those of its range alone.
	Each func(ctx context.Context, lane int, chunk *intake.Chunk) error
	// Gone is told that retention has removed offsets that were to be read.
	Gone func(partition int32, gone Range)

	arrived *arrivals
	fetcher *intake.Fetcher
}

// Run reads all ranges. It ends with the first error: of Each, of the brokers, or
// an [intake.Halt] of a log that can't be read.
func (s *Scan) Run(ctx context.Context) (err error) {
	s.arrived = newArrivals(s.Lanes, s.Ordered)
	for id, r := range s.Ranges {
		if r.Start < r.End {
			s.arrived.want(id, r)
		}
	}
	if s.arrived.done() {
		return nil
	}
	if s.fetcher, err = intake.NewFetcher(s.Cluster); err != nil {
		return err
	}
	for id, r := range s.Ranges {
		if r.Start < r.End {
			s.assign(id, r.Start)
		}
	}
	fetching, stop := context.WithCancel(ctx)
	var fetched errgroup.Group
	fetched.Go(func() error { return s.fetcher.Run(fetching) })
	defer func() {
		stop()
		err = errors.Join(err, fetched.Wait())
	}()
	lanes, laneCtx := errgroup.WithContext(ctx)
	for lane := range s.Lanes {
		lanes.Go(func() error { return s.work(laneCtx, lane) })
	}
	return lanes.Wait()
}

func (s *Scan) assign(id int32, offset int64) {
	at := intake.At(offset)
	at.TopicID = s.TopicID
	s.fetcher.Assign(id, at, s.arrived)
}

// work takes what arrives for a lane, until all ranges are read.
func (s *Scan) work(ctx context.Context, lane int) error {
	for {
		next, err := s.arrived.take(ctx, lane, s.fetcher.Healthy)
		if err != nil || next == nil {
			return err
		}
		if next.failed != nil {
			if err := s.goOn(next.failed); err != nil {
				return err
			}
			continue
		}
		chunk := next.chunk
		cut(chunk, s.Ranges[chunk.Partition].End)
		err = s.Each(ctx, lane, chunk)
		chunk.Release()
		if err != nil {
			return fmt.Errorf("offsets %d to %d of partition %d: %w", chunk.Start, chunk.End-1, chunk.Partition, err)
		}
		if s.arrived.handled(chunk) {
			s.fetcher.Unassign(chunk.Partition)
		}
	}
}

// cut leaves out what is behind the range.
func cut(chunk *intake.Chunk, end int64) {
	for n := len(chunk.Records); n > 0 && chunk.Records[n-1].Offset >= end; n-- {
		chunk.Records = chunk.Records[:n-1]
	}
	chunk.End = min(chunk.End, end)
}

// goOn deals with a partition that can't be read on. Retention may have passed
// the scan.
func (s *Scan) goOn(failed error) error {
	var removed *intake.OutOfRangeError
	if !errors.As(failed, &removed) || removed.Offset >= removed.LogStart {
		return failed
	}
	id, end := removed.Partition, s.Ranges[removed.Partition].End
	gone := Range{removed.Offset, min(removed.LogStart, end)}
	s.Gone(id, gone)
	all := s.arrived.skip(id, gone)
	switch {
	case gone.End < end:
		s.assign(id, gone.End)
	case all:
		s.fetcher.Unassign(id)
	}
	return nil
}
